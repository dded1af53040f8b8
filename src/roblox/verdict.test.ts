import { expect, test } from 'vitest';
import { type Asked, judge } from './verdict.ts';

const cookieWrite: Asked = { isWrite: true, sentWith: 'cookie' };
const cookieRead: Asked = { isWrite: false, sentWith: 'cookie' };
const keyWrite: Asked = { isWrite: true, sentWith: 'key' };
const keyRead: Asked = { isWrite: false, sentWith: 'key' };
const anonymous: Asked = { isWrite: false, sentWith: 'nothing' };

function kindOf(asked: Asked, status: number, headers: Record<string, string> = {}, body = '{}', isWhole = true) {
  return judge({ kind: 'answered', status, headers, body, isWhole }, asked).kind;
}

const token = { 'x-csrf-token': 'abc=' };
const challenge = { 'rblx-challenge-id': '1', 'rblx-challenge-type': 'captcha' };

test('a CSRF demand is known by status and header, whatever its text', () => {
  for (const body of ['', '{"errors":[{"code":0,"message":"Neuer Text"}]}', '{"code":0,"message":"x"}', '<html>']) {
    expect(kindOf(cookieWrite, 403, token, body)).toBe('csrf');
  }
  expect(kindOf(cookieWrite, 403, {}, '{"errors":[{"code":0,"message":"XSRF token invalid"}]}')).toBe('refused');
  expect(kindOf(cookieWrite, 400, token)).toBe('refused');
});

test('only a cookie’s writes have CSRF', () => {
  expect(kindOf(cookieRead, 403, token)).toBe('refused');
  expect(kindOf(keyWrite, 403, token)).toBe('refused');
});

test('a challenge is recognised before the CSRF token that may come with it', () => {
  expect(kindOf(cookieWrite, 403, { ...token, ...challenge })).toBe('challenge');
  expect(kindOf(cookieWrite, 403, { 'rblx-challenge-type': 'chef' })).toBe('challenge');
});

test('a 401 is the credential’s fault only when one was sent', () => {
  expect(kindOf(cookieRead, 401)).toBe('unauthorized');
  expect(kindOf(keyRead, 401)).toBe('unauthorized');
  expect(kindOf(anonymous, 401)).toBe('refused');
});

test('a redirect to the login page is a dead cookie; any other redirect is a service out of order', () => {
  expect(kindOf(cookieRead, 302, { location: 'https://www.roblox.com/login?ReturnUrl=x' })).toBe('unauthorized');
  expect(kindOf(cookieWrite, 302, { location: 'https://www.roblox.com/NewLogin' })).toBe('unauthorized');
  expect(kindOf(cookieRead, 302, { location: 'https://www.roblox.com/maintenance?from=login' })).toBe('failing');
  expect(kindOf(cookieWrite, 307, {})).toBe('failing');
});

test('429 and “changed at the same time” mean later, other refusals mean no', () => {
  expect(kindOf(keyWrite, 429)).toBe('limited');
  expect(kindOf(keyWrite, 409, {}, '{"code":"ABORTED","message":"x"}')).toBe('limited');
  expect(kindOf(cookieWrite, 409, {}, '{"errors":[{"code":8}]}')).toBe('refused');
  for (const status of [400, 403, 404, 405, 410, 411]) expect(kindOf(keyWrite, status)).toBe('refused');
});

test('5xx and given-up requests leave open what happened', () => {
  for (const status of [408, 499, 500, 501, 502, 503, 504]) expect(kindOf(keyWrite, status)).toBe('failing');
});

test('a 2xx write is done even with an odd or cut body, but a web page is no answer', () => {
  expect(kindOf(keyWrite, 200, {}, '{"path":"gro', false)).toBe('good');
  expect(kindOf(keyWrite, 204, {}, '')).toBe('good');
  expect(kindOf(keyWrite, 200, { 'content-type': 'text/html' }, 'Maintenance')).toBe('failing');
  expect(kindOf(keyWrite, 200, {}, '<html></html>')).toBe('failing');
});

test('a read that was cut is no answer', () => {
  expect(kindOf(keyRead, 200, {}, '{"a":1}', true)).toBe('good');
  expect(kindOf(keyRead, 200, {}, '{"a":1}', false)).toBe('failing');
  expect(kindOf(keyRead, 200, {}, '<html></html>')).toBe('failing');
});
