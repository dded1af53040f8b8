import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseErrorBody } from './error-body.ts';

test.each([
  ['the gateway', '{"errors":[{"code":0,"message":"Invalid API Key"}]}', 0, 'Invalid API Key'],
  [
    'a legacy endpoint',
    '{"errors":[{"code":26,"message":"Already there.","userFacingMessage":"Something went wrong"}]}',
    26,
    'Already there.',
  ],
  [
    'Open Cloud v2',
    '{"code":"PERMISSION_DENIED","message":"No.","details":[{"@type":"x"}]}',
    'PERMISSION_DENIED',
    'No.',
  ],
  [
    'a v1 service',
    '{"error":"INSUFFICIENT_SCOPE","message":"Scope.","errorDetails":[]}',
    'INSUFFICIENT_SCOPE',
    'Scope.',
  ],
  ['an un-nested legacy body', '{"code":0,"message":"XSRF token invalid"}', 0, 'XSRF token invalid'],
  [
    'ASP.NET validation',
    '{"errors":{"roleId":["must be positive","is required"]},"type":"x","title":"One or more","status":400,"extensions":{"traceId":"0"}}',
    null,
    'roleId: must be positive is required',
  ],
  [
    'the game-pass service',
    '{"errorCode":"PassNotFound","errorMessage":"No such pass","field":"","hint":""}',
    'PassNotFound',
    'No such pass',
  ],
  ['an RPC-like service', '{"error":{"code":"NOT_FOUND","message":"gone"}}', 'NOT_FOUND', 'gone'],
  ['a proxy with plain text', 'upstream connect error\n or disconnect', null, 'upstream connect error or disconnect'],
  ['a JSON string', '"TooManyRequests"', null, 'TooManyRequests'],
  ['nothing', '', null, null],
  ['an empty object', '{}', null, null],
  ['an empty list of errors', '{"errors":[]}', null, null],
  ['JSON null', 'null', null, null],
  ['a web page', '<!DOCTYPE html><html><body>maintenance</body></html>', null, null],
  ['a body cut in the middle', '{"errors":[{"co', null, '{"errors":[{"co'],
])('the body of %s is understood', (_who, body, code, message) => {
  expect(parseErrorBody(body)).toEqual({ code, message });
});

test('a text of any length and with any control characters becomes one short line', () => {
  const { message } = parseErrorBody(JSON.stringify({ code: 1, message: `a\u0000b\r\n${'x'.repeat(5000)}` }));
  expect(message).toMatch(/^a b x+$/);
  expect(message?.length).toBeLessThanOrEqual(300);
});

test('no body whatever makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void parseErrorBody(body)));
});
