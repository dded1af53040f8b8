import { expect, test } from 'vitest';
import { backOffMs, emptyForMs, retryAfterMs } from './retry.ts';

const now = new Date('2026-11-22T12:00:00Z');

test.each([
  ['whole seconds', '7', 7_000],
  ['seconds with spaces around', ' 7 ', 7_000],
  ['zero', '0', 0],
  ['an HTTP date', 'Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['an HTTP date of the long form', 'Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
  ['a date that has passed', 'Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ['more than five minutes', '86400', 300_000],
])('retry-after as %s is obeyed', (_form, value, expected) => {
  expect(retryAfterMs({ 'retry-after': value }, now)).toBe(expected);
});

test.each([['soon'], ['-5'], [''], ['5 apples'], ['NaN']])(
  'an unreadable retry-after %j is as good as none',
  (value) => {
    expect(retryAfterMs({ 'retry-after': value }, now)).toBeNull();
    expect(retryAfterMs({}, now)).toBeNull();
  },
);

test('a bucket that Roblox calls empty is left alone until it refills', () => {
  const headers = { 'x-ratelimit-limit': '300, 300;w=60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '12' };
  expect(emptyForMs(headers)).toBe(12_000);
  expect(emptyForMs({ ...headers, 'x-ratelimit-remaining': '0, 0;w=60' })).toBe(12_000);
  expect(emptyForMs({ ...headers, 'x-ratelimit-remaining': '1' })).toBeNull();
  expect(emptyForMs({ 'x-ratelimit-remaining': '0' })).toBeNull();
  expect(emptyForMs({})).toBeNull();
});

test('back-off doubles, is bounded, and half of it is chance', () => {
  const least = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => backOffMs(attempt, () => 0));
  const most = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => backOffMs(attempt, () => 1));
  expect(least).toEqual([125, 250, 500, 1000, 2000, 4000, 4000, 4000]);
  expect(most).toEqual(least.map((ms) => ms * 2));
});
