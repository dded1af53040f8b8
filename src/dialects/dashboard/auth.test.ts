import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTokenCheck } from './auth.ts';

const short = 'sixteen-letters!';
const long = 'a-token-nobody-guesses-of-forty-letters!';
let app: FastifyInstance;
let now = 0;

beforeEach(() => {
  now = 1_000;
  app = Fastify();
  app.addHook(
    'onRequest',
    createTokenCheck(() => [short, long], { monotonicMs: () => now }),
  );
  app.get('/', () => 'in');
});
afterEach(() => app.close());

async function ask(token: string, remoteAddress = '192.0.2.1') {
  const response = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` }, remoteAddress });
  return { status: response.statusCode, retryAfter: response.headers['retry-after'] };
}
async function guess(times: number) {
  const statuses = [];
  for (let attempt = 0; attempt < times; attempt++) statuses.push((await ask(`wrong-${attempt}`)).status);
  return statuses;
}

test('ten wrong tokens lock an address out until the minute is over', async () => {
  expect(await guess(11)).toEqual([...Array(10).fill(401), 429]);
  now += 20_000;
  expect(await ask(short)).toEqual({ status: 429, retryAfter: '40' });
  now += 40_000;
  expect(await ask(short)).toEqual({ status: 200, retryAfter: undefined });
  expect(await guess(1)).toEqual([401]);
});

test('other addresses are let in meanwhile, and so is a token that nobody can guess', async () => {
  await guess(10);
  expect((await ask(short, '192.0.2.2')).status).toBe(200);
  expect((await ask(long)).status).toBe(200);
});

test('right tokens and missing ones are not counted', async () => {
  for (let time = 0; time < 20; time++) await ask(short);
  for (let time = 0; time < 20; time++) await app.inject({ url: '/', remoteAddress: '192.0.2.1' });
  expect((await ask(short)).status).toBe(200);
});

test('with no tokens it is shut', async () => {
  const shut = Fastify();
  shut.addHook(
    'onRequest',
    createTokenCheck(() => [], { monotonicMs: () => now }),
  );
  shut.get('/', () => 'in');
  for (const authorization of ['Bearer', 'Bearer ', 'Bearer undefined', 'Bearer null']) {
    expect((await shut.inject({ url: '/', headers: { authorization } })).statusCode).toBe(401);
  }
  await shut.close();
});
