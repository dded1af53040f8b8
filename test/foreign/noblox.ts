/**
 * noblox.js, the client most ranking bots are made of, as its users start it. It keeps roles for ten minutes and CSRF tokens
 * for thirty in its modules, so a test that means a new process needs the modules anew.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

export type Noblox = typeof import('noblox.js');

export function newNoblox(): Noblox {
  const folder = path.dirname(require.resolve('noblox.js/package.json')) + path.sep;
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(folder)) delete require.cache[file];
  }
  return require('noblox.js') as Noblox;
}

/** What its errors tell: the status, and the first error of the body. */
export type NobloxError = Error & { httpStatusCode: number; error: { code: number; message: string } };

/** `[status, code]` of a call that Roblox refuses. */
export async function refusalOf(call: Promise<unknown>): Promise<[number, number]> {
  const error = await call.then(
    (value) => {
      throw new Error(`Nothing was refused: ${JSON.stringify(value)}`);
    },
    (reason: NobloxError) => reason,
  );
  if (error.name !== 'RobloxAPIError') throw error;
  return [error.httpStatusCode, error.error.code];
}
