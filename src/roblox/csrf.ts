/**
 * The CSRF handshake of cookie writes (roblox-api.md 10.3): a 403 that carries a fresh token. Known by status and header,
 * because the text has changed twice and may again.
 */
import type { AnswerHeaders } from './send.ts';

export const csrfHeader = 'x-csrf-token';

/** The fresh token when this answer is the handshake, else null. Challenge headers must have been looked at before. */
export function csrfTokenOf(status: number, headers: AnswerHeaders): string | null {
  if (status !== 403) return null;
  const value = headers[csrfHeader];
  const token = Array.isArray(value) ? value[0] : value;
  // Only what a header can carry back.
  return token !== undefined && /^[\x21-\x7e]+$/.test(token) ? token : null;
}
