import { expect, test } from 'vitest';
import { isSendable, rotatedCookieOf } from './cookie-rotation.ts';

const now = new Date('2026-11-22T12:00:00Z');
const rotated = (...lines: string[]) => rotatedCookieOf({ 'set-cookie': lines }, now);

test('a new session cookie is found among others, warning text included', () => {
  const value = '_|WARNING:-DO-NOT-SHARE-THIS.--x=y.|_abc';
  expect(
    rotated(
      'GuestData=1; path=/',
      `.ROBLOSECURITY=${value}; domain=.roblox.com; expires=Mon, 22 Nov 2027 12:00:00 GMT`,
    ),
  ).toBe(value);
  expect(rotatedCookieOf({ 'set-cookie': `.ROBLOSECURITY=${value}` }, now)).toBe(value);
});

test.each([
  ['empty', '.ROBLOSECURITY=; path=/'],
  ['expired by date', '.ROBLOSECURITY=x; expires=Thu, 01 Jan 1970 00:00:00 GMT'],
  ['expired by age', '.ROBLOSECURITY=x; Max-Age=0'],
  ['another cookie', 'X.ROBLOSECURITY=x'],
  ['not sendable', '.ROBLOSECURITY=caf\u00e9'],
])('a cookie that is %s replaces nothing', (_why, line) => {
  expect(rotated(line)).toBeNull();
});

test('no Set-Cookie, no rotation', () => {
  expect(rotatedCookieOf({}, now)).toBeNull();
});

test('a secret pasted with a line end or a second cookie cannot be sent', () => {
  expect(isSendable('_|WARNING:-DO.|_abc=')).toBe(true);
  for (const bad of ['', 'a\nb', 'a; b=c', ' a', 'a ', 'a\u2028']) expect(isSendable(bad)).toBe(false);
});
