/** How long to wait before asking again: what Roblox's headers say, and back-off where they say nothing. */
import type { AnswerHeaders } from './send.ts';

/** A longer order than this is a mistake in a header or a clock; we ask again after it and learn better. */
const pauseMsMax = 300_000;
const backOffFirstMs = 250;
const backOffMsMax = 8_000;

/** `retry-after` in milliseconds: whole seconds, or an HTTP date measured against `now`; null when absent or unreadable. */
export function retryAfterMs(headers: AnswerHeaders, now: Date): number | null {
  const text = first(headers['retry-after']);
  if (text === null) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1000);
  // Date.parse reads "-5" and "5 apples" as years; an HTTP date always starts with the day's name.
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : bounded(at - now.getTime());
}

/** How long the bucket is empty according to `x-ratelimit-*`; null when it is not, or when nothing is said. */
export function emptyForMs(headers: AnswerHeaders): number | null {
  const remaining = leadingInteger(first(headers['x-ratelimit-remaining']));
  const resetSeconds = leadingInteger(first(headers['x-ratelimit-reset']));
  if (remaining !== 0 || resetSeconds === null) return null;
  return bounded(resetSeconds * 1000);
}

/** Doubles with each attempt; half of it is chance, so that callers who failed together do not return together. */
export function backOffMs(attempt: number, random: () => number): number {
  const whole = Math.min(backOffMsMax, backOffFirstMs * 2 ** attempt);
  return whole / 2 + (whole / 2) * random();
}

function bounded(ms: number): number {
  return Math.min(pauseMsMax, Math.max(0, ms));
}

function first(value: string | string[] | undefined): string | null {
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined ? null : text.trim();
}

/** Roblox writes lists such as "300, 300;w=60": the first number is the one in force. */
function leadingInteger(text: string | null): number | null {
  const digits = text === null ? null : /^\d+/.exec(text);
  return digits === null ? null : Number(digits[0]);
}
