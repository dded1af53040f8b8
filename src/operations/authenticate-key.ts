/** An API key as it came with a request → whose it is. Counts the request against the key's minute. */
import type { KeyDialect } from '../domain/caller.ts';
import { Refused } from '../domain/refusals.ts';
import type { OpenKey } from '../storage/keys.ts';
import type { Deps } from './deps.ts';

const keyLengthMax = 256;

/** Throws Refused `key.unknown` or `limit.requests`. */
export async function authenticateKey(
  deps: Pick<Deps, 'storage' | 'requestWindows'>,
  dialect: KeyDialect,
  secret: string,
  requestsPerMinute: number,
): Promise<OpenKey> {
  if (secret === '' || secret.length > keyLengthMax) throw new Refused({ code: 'key.unknown' });
  const key = await deps.storage.shared.keys.find(dialect, secret);
  if (key === null) throw new Refused({ code: 'key.unknown' });
  await deps.requestWindows.count(key.caller.keyId, requestsPerMinute);
  return key;
}
