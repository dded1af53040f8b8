/** The smallest pieces of the workspace document: numbers, texts and dates with a sentence for whoever got one wrong. */
import { z } from 'zod';

const idMax = Number.MAX_SAFE_INTEGER;

export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

/** A user, group, role, place, asset or game pass of Roblox. */
export const robloxId = wholeNumber(1, idMax);
export const rank = wholeNumber(0, 255);
/** A rank that can be given: not the guest's, not the owner's. */
export const memberRank = wholeNumber(1, 254);

// A JSON number cannot hold a Discord id: the last digits are lost on the way.
export const discordId = z
  .string('must be a Discord id in quotes: a string of 15 to 20 digits')
  .regex(/^\d{15,20}$/, 'must be a Discord id: a string of 15 to 20 digits');

// PostgreSQL stores neither NUL nor half of a surrogate pair, and no other control character has a meaning here.
const storable = /^(?:[^\p{Cc}\p{Cs}]|[\n\r\t])*$/u;

export function text(min: number, max: number) {
  const message =
    min === 0 ? `must be a text of at most ${max} characters` : `must be a text of ${min} to ${max} characters`;
  return z
    .string(message)
    .min(min, message)
    .max(max, message)
    .regex(storable, 'must not contain control characters or broken Unicode');
}

export const flag = z.boolean('must be true or false');
export const color = z
  .string('must be a colour such as "#3b82f6"')
  .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#3b82f6"');

const momentMessage = 'must be an ISO 8601 date with a time zone, such as "2027-01-31T18:00:00Z"';
// years beyond 9999 or before 1 are not dates of this product, and PostgreSQL spells them differently
export const moment = z.iso.datetime({ offset: true, error: momentMessage }).refine((value) => {
  const year = new Date(value).getUTCFullYear();
  return year >= 1970 && year <= 9999;
}, momentMessage);

export const email = z.email('must be an e-mail address').max(254, 'must be an e-mail address');

export const httpUrl = z
  .string('must be a URL such as "https://example.com/hook"')
  .max(2000, 'must be a URL of at most 2000 characters')
  .regex(storable, 'must not contain control characters or broken Unicode')
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be a URL such as "https://example.com/hook"',
  );

export const slug = z
  .string('must be a text of small letters, digits and hyphens')
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 small letters, digits and hyphens, with no hyphen at either end',
  );

function isTimeZone(name: string): boolean {
  // an offset such as +02:00 means one thing to JavaScript and its opposite to PostgreSQL
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
export const timeZone = z
  .string('must be a time zone such as "Europe/Vienna" or "UTC"')
  .refine(isTimeZone, 'must be a time zone such as "Europe/Vienna" or "UTC"');

/** A secret may stand in a file as a reference; only the command resolves it, on its own machine. */
function isReference(value: unknown): value is { env: string } | { file: string } {
  return typeof value === 'object' && value !== null && ('env' in value || 'file' in value);
}

// resolved here, a reference would read the server's own secrets
const secretMessage = (described: string) => (issue: { input?: unknown }) =>
  isReference(issue.input)
    ? 'must be the secret itself: a reference to a variable or a file is resolved by `brevet apply`, on its own machine'
    : described;

export const keyValue = z
  .string({ error: secretMessage('must be the key: a text of 16 to 256 printable ASCII characters') })
  .regex(
    /^[\x21-\x7e][\x20-\x7e]{14,254}[\x21-\x7e]$/,
    'must have 16 to 256 printable ASCII characters, with no space at either end',
  );

export const credentialValue = z
  .string({ error: secretMessage('must be an Open Cloud key or a .ROBLOSECURITY cookie') })
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,9998}[\x21-\x7e])?$/, 'must be the key or the cookie alone, on one line');

export const lastFour = z
  .string('must be the last four characters of the key')
  .length(4, 'must be the last four characters of the key');

export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, `must be ${names.length === 1 ? '' : 'one of '}${names.join(', ')}`);
}
