/** Each file of `transcripts/` is sent as it stands and answered as it stands. `{uuid}` and `{n}` stand for any such value. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acme, type Brevet, type Call, startBrevet, weskKey } from '../../../test/harness/brevet.ts';

const folder = new URL('./transcripts/', import.meta.url);
const files = readdirSync(folder).sort();
let brevet: Brevet;

beforeAll(async () => {
  brevet = await startBrevet({
    document: acme({ blacklist: [{ groupId: 7001, robloxUserId: 2666, reason: 'Exploiting' }] }),
  });
});
afterAll(() => brevet.close());

type Message = { first: string; headers: Record<string, string>; body: string };

function messageOf(text: string): Message {
  const [head = '', body = ''] = text.split(/\n\n/, 2);
  const [first = '', ...lines] = head.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
  const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2).map((part) => part.trim())));
  return { first, headers: headers as Record<string, string>, body: body.trim() };
}

/** The expected body as a pattern. */
function patternOf(body: string): RegExp {
  const escaped = body.replace(/[.*+?^$()[\]|\\]/g, '\\$&');
  const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
  return new RegExp(`^${escaped.replaceAll('{uuid}', uuid).replaceAll('{n}', '\\d+')}$`);
}

test.each(files)('%s', async (file) => {
  const [sent = '', received = ''] = readFileSync(new URL(file, folder), 'utf8').split('### answer\n');
  const request = messageOf(sent);
  const expected = messageOf(received);
  const [method = 'GET', path = '/'] = request.first.split(' ');
  const headers = { 'x-api-key': '', ...lowerCased(request.headers) };
  if (headers['x-api-key'] === '{key}') headers['x-api-key'] = weskKey;
  const answer = await brevet.call(path, {
    method: method as NonNullable<Call['method']>,
    headers,
    ...(request.body === '' ? {} : { body: request.body }),
  });
  expect(answer.text).toMatch(patternOf(expected.body));
  expect(String(answer.status)).toBe(expected.first);
  expect(answer.headers).toMatchObject(lowerCased(expected.headers));
});

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

test('there are transcripts', () => {
  expect(files.length).toBeGreaterThan(15);
});
