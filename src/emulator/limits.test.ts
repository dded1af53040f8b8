import { afterEach, expect, test } from 'vitest';
import type { Emulator } from './emulator.ts';
import { call, closeAll, cloud, control, emulate, legacy, type Reply } from './testing/calls.ts';
import { apiKey, groupId, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const read = (emulator: Emulator, key = apiKey) => cloud(emulator, 'GET', `/groups/${groupId}`, { key });
const header = (reply: Reply, name: string) => reply.headers.get(name);
/** Time stands still, so that nothing depends on how fast the calls are made. */
const stopped = { clock: { now: () => new Date('2026-01-01T00:00:00Z') } };

async function limited(changes: object = {}): Promise<Emulator> {
  const seed = smallSeed();
  const keys = [...(seed.keys ?? []), { key: 'second', ownerId: userId.bot }, { key: 'twins', ownerId: userId.twin }];
  const emulator = await emulate({ ...seed, keys }, stopped);
  await control(emulator, 'POST', 'limits', { perMinute: { cloudGetGroup: 3, getGroup: 2 }, ...changes });
  return emulator;
}

test('the documented limits hold from the start', async () => {
  const emulator = await emulate(smallSeed(), stopped);
  const first = await read(emulator);
  expect(header(first, 'x-ratelimit-limit')).toBe('150, 150;w=60');
  expect(header(first, 'x-ratelimit-remaining')).toBe('149');
  expect(header(first, 'x-ratelimit-reset')).toBe('60');
  const limitOf = async (path: string) => header(await cloud(emulator, 'GET', path), 'x-ratelimit-limit');
  expect(await limitOf(`/groups/${groupId}/memberships`)).toBe('300, 300;w=60');
  expect(await limitOf(`/users/${userId.bot}`)).toBe('1000, 1000;w=60');
  expect(await limitOf(`/users/${userId.bot}/inventory-items`)).toBe('100, 100;w=60');
});

test('a bucket belongs to the owner of the keys and to one endpoint, and refills after a minute', async () => {
  const emulator = await limited();
  for (const key of [apiKey, 'second', apiKey]) expect((await read(emulator, key)).status).toBe(200);
  const refused = await read(emulator, 'second');
  expect(refused.status).toBe(429);
  expect(header(refused, 'x-ratelimit-remaining')).toBe('0');
  expect((await read(emulator, 'twins')).status).toBe(200);
  expect((await cloud(emulator, 'GET', `/groups/${groupId}/roles`)).status).toBe(200);
  emulator.advanceClock(59);
  expect((await read(emulator)).status).toBe(429);
  emulator.advanceClock(1);
  expect((await read(emulator)).status).toBe(200);
});

test('an OAuth token has buckets of its own, at lower figures', async () => {
  const expires = '2027-01-01T00:00:00Z';
  const tokens = ['a', 'b'].map((token) => ({ token, userId: userId.bot, scopes: [], expires }));
  const emulator = await emulate({ ...smallSeed(), tokens }, stopped);
  const byToken = (token: string) =>
    call(emulator, 'GET', `/apis.roblox.com/cloud/v2/groups/${groupId}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  expect(header(await byToken('a'), 'x-ratelimit-limit')).toBe('30, 30;w=60');
  expect(header(await byToken('a'), 'x-ratelimit-remaining')).toBe('28');
  expect(header(await byToken('b'), 'x-ratelimit-remaining')).toBe('29');
  expect(header(await read(emulator), 'x-ratelimit-remaining')).toBe('149');
});

test('a sliding window gives back one call at a time', async () => {
  const emulator = await limited({ window: 'sliding' });
  for (const seconds of [0, 20, 20]) {
    emulator.advanceClock(seconds);
    expect((await read(emulator)).status).toBe(200);
  }
  emulator.advanceClock(19);
  expect(header(await read(emulator), 'retry-after')).toBe('1');
  emulator.advanceClock(1);
  expect((await read(emulator)).status).toBe(200);
  expect((await read(emulator)).status).toBe(429);
});

test.each([
  ['seconds', '60'],
  ['date', 'Thu, 01 Jan 2026 00:01:00 GMT'],
  ['none', null],
] as const)('retry-after as %s', async (retryAfter, value) => {
  const emulator = await limited({ retryAfter });
  for (let i = 0; i < 3; i += 1) await read(emulator);
  expect(header(await read(emulator), 'retry-after')).toBe(value);
});

test.each([
  ['service', { code: 'RESOURCE_EXHAUSTED' }],
  ['gateway', { errors: [{ code: 0 }] }],
] as const)('the 429 body of the %s', async (body, shape) => {
  const emulator = await limited({ body });
  for (let i = 0; i < 3; i += 1) await read(emulator);
  expect(await read(emulator)).toMatchObject({ status: 429, body: shape });
});

test('the cookie API says 429 with code 0 and nothing about when; without a cookie the address counts', async () => {
  const emulator = await limited();
  const path = `/groups.roblox.com/v1/groups/${groupId}`;
  for (let i = 0; i < 2; i += 1) expect((await call(emulator, 'GET', path)).status).toBe(200);
  const refused = await call(emulator, 'GET', path);
  expect(refused).toMatchObject({ status: 429, body: { errors: [{ code: 0 }] } });
  expect(header(refused, 'retry-after')).toBeNull();
  expect(header(refused, 'x-ratelimit-limit')).toBeNull();
  expect((await legacy(emulator, 'GET', path)).status).toBe(200);
});

test('limits can be set for all endpoints at once, switched off, and put back', async () => {
  const emulator = await limited({ perMinute: { '*': 1 } });
  await read(emulator);
  expect((await read(emulator)).status).toBe(429);
  await control(emulator, 'POST', 'limits', { isEnabled: false });
  expect(header(await read(emulator), 'x-ratelimit-limit')).toBeNull();
  await control(emulator, 'DELETE', 'limits');
  expect(header(await read(emulator), 'x-ratelimit-remaining')).toBe('149');
});
