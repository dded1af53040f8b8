/** Errors that the operator can do something about, in their words; anything else is a bug of ours. */
import { ConfigError } from './config.ts';
import { DataDirInUse } from './database/data-dir-lock.ts';
import { EmbeddedDatabaseError } from './database/embedded-error.ts';
import { Refused } from './domain/refusals.ts';
import { isUnreachable } from './storage/database.ts';
import { WrongEncryptionKey } from './storage/installation.ts';
import { SchemaTooNew } from './storage/migrate.ts';

export type Explanation = {
  /** 2: what was given is wrong. 1: it went wrong on the way. */
  readonly exitCode: 1 | 2;
  readonly lines: readonly string[];
};

/** Null for a bug. */
export function explainError(error: unknown): Explanation | null {
  if (error instanceof ConfigError) return { exitCode: 2, lines: error.mistakes };
  if (
    error instanceof DataDirInUse ||
    error instanceof EmbeddedDatabaseError ||
    error instanceof WrongEncryptionKey ||
    error instanceof SchemaTooNew
  ) {
    return { exitCode: 1, lines: [error.message] };
  }
  if ((error instanceof Refused && error.refusal.code === 'storage.unavailable') || isUnreachable(error)) {
    const reason = error instanceof Error && !(error instanceof Refused) ? ` (${reasonOf(error)})` : '';
    return {
      exitCode: 1,
      lines: [`The database cannot be reached${reason}. Is PostgreSQL running, and is DATABASE_URL right?`],
    };
  }
  return explainSystemError(error);
}

/** Node tells a refused connection to each address of a name in one error without a message. */
function reasonOf(error: Error): string {
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
}

function explainSystemError(error: unknown): Explanation | null {
  const { code, port, address, path } = (error ?? {}) as NodeJS.ErrnoException & { port?: number; address?: string };
  switch (code) {
    case 'EADDRINUSE':
      return {
        exitCode: 1,
        lines: [`Port ${port} is taken. Set PORT to another one, or stop the program that has it.`],
      };
    case 'EADDRNOTAVAIL':
      return { exitCode: 2, lines: [`HOST ${address} is not an address of this machine.`] };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return path === undefined
        ? { exitCode: 1, lines: [`Not allowed to listen on port ${port}: ports below 1024 belong to root.`] }
        : { exitCode: 1, lines: [`${path} cannot be written (${code}). Check DATA_DIR and its owner.`] };
    // PostgreSQL: who may not sign in, and what is not there
    case '28P01':
    case '28000':
    case '3D000':
      return {
        exitCode: 1,
        lines: [`PostgreSQL refused the connection: ${(error as Error).message}. Check DATABASE_URL.`],
      };
    default:
      return null;
  }
}
