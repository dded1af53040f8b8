/** What a request asks for, as one hash: the same Idempotency-Key with another fingerprint is a mistake (3.7). */
import { createHash } from 'node:crypto';

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, withSortedKeys(inner)]),
  );
}

/** SHA-256 of method, path (as routed: lower case, no slash at the end) and body with sorted keys. */
export function fingerprintOf(method: string, path: string, body: unknown): Buffer {
  const routed = path.toLowerCase().replace(/\/+$/, '');
  return createHash('sha256')
    .update(JSON.stringify([method, routed, withSortedKeys(body)]))
    .digest();
}
