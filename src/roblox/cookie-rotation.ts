/** Roblox may replace the session cookie in any answer (roblox-api.md 10.7); the old value then soon stops working. */
import type { AnswerHeaders } from './send.ts';

export const cookieName = '.ROBLOSECURITY';

/** The new cookie value in `Set-Cookie`, or null. A deletion (empty, or already expired) is not a rotation. */
export function rotatedCookieOf(headers: AnswerHeaders, now: Date): string | null {
  const lines = [headers['set-cookie'] ?? []].flat();
  for (const line of lines) {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim() !== cookieName) continue;
    const value = pair.slice(equals + 1).trim();
    if (isSendable(value) && !attributes.some((attribute) => isExpired(attribute, now))) return value;
  }
  return null;
}

/** A secret with line ends, a semicolon or letters outside ASCII was not pasted well; no header can carry it. */
export function isSendable(secret: string): boolean {
  return /^[\x21-\x3a\x3c-\x7e]+( [\x21-\x3a\x3c-\x7e]+)*$/.test(secret);
}

function isExpired(attribute: string, now: Date): boolean {
  const [name = '', value = ''] = attribute.split('=').map((part) => part.trim());
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= now.getTime();
}
