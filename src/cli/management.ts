/** The management API as commands use it: of the server that runs on this DATA_DIR, else of one opened for the moment. */
import type { Config } from '../config.ts';
import { CommandFailed } from './failure.ts';
import { openLocalServer } from './local-server.ts';
import { isRunning, readServerFile, type ServerFile } from './server-file.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type ApiAnswer = { readonly status: number; readonly body: unknown };

export type Management = {
  /** The running server's address; null when the database was opened for this command alone. */
  readonly serverUrl: string | null;
  /** `path` begins after `/_/api/v1`. */
  call(method: Method, path: string, body?: unknown): Promise<ApiAnswer>;
  close(): Promise<void>;
};

const apiPath = '/_/api/v1';
const probeTimeoutMs = 5_000;
const callTimeoutMs = 120_000;

async function ask(
  server: ServerFile,
  method: Method,
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<ApiAnswer> {
  const response = await fetch(`${server.url}${apiPath}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** Null when the file is stale: its process is gone, nobody answers there, or somebody who does not know the token. */
async function findServer(dataDir: string): Promise<ServerFile | null> {
  const server = await readServerFile(dataDir);
  if (server === null || !isRunning(server.pid)) return null;
  try {
    const { status } = await ask(server, 'GET', '/workspaces', undefined, probeTimeoutMs);
    return status === 200 || status >= 500 ? server : null;
  } catch {
    return null;
  }
}

/** The server that runs on this DATA_DIR; null when there is none. */
export async function openServer(config: Config): Promise<Management | null> {
  const server = await findServer(config.dataDir);
  if (server === null) return null;
  return {
    serverUrl: server.url,
    async call(method, path, body) {
      try {
        return await ask(server, method, path, body, callTimeoutMs);
      } catch (error) {
        const cause =
          error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
        throw new CommandFailed(1, `The server at ${server.url} stopped answering (${cause}). Is it still running?`);
      }
    },
    close: async () => {},
  };
}

export async function openManagement(config: Config, progress: (line: string) => void): Promise<Management> {
  return (await openServer(config)) ?? (await openLocalServer(config, progress));
}
