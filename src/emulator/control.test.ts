import { afterEach, expect, test } from 'vitest';
import { endpoints } from '../roblox/endpoints.ts';
import { call, closeAll, cloud, control, emulate } from './testing/calls.ts';
import { groupId, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

test('the index names every endpoint, the groups, and the control routes', async () => {
  const { body } = await control(await emulate(), 'GET', '');
  const { endpoints: listed, groups } = body as { endpoints: { name: string }[]; groups: object[] };
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(endpoints)));
  expect(groups).toEqual([{ id: groupId, name: 'Tests' }]);
});

test('requests: who called what, when, with what, and what came of it', async () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const emulator = await emulate(smallSeed(), { clock: { now: () => now } });
  const filter = "user == 'users/1'";
  await cloud(emulator, 'GET', `/groups/${groupId}/memberships?filter=${encodeURIComponent(filter)}`);
  await call(emulator, 'POST', '/users.roblox.com/v1/users', { body: { userIds: [1] } });
  await cloud(emulator, 'GET', '/groups/1', { key: 'wrong' });
  expect((await control(emulator, 'GET', 'requests')).body).toEqual({
    requests: [
      {
        id: 1,
        endpoint: 'cloudListMemberships',
        method: 'GET',
        host: 'apis.roblox.com',
        path: `/cloud/v2/groups/${groupId}/memberships`,
        query: `filter=${filter}`,
        time: now.toISOString(),
        caller: { kind: 'key', userId: userId.bot },
        status: 200,
        faults: [],
      },
      expect.objectContaining({
        endpoint: 'listUsers',
        caller: { kind: 'anonymous', userId: null },
        body: { userIds: [1] },
      }),
      expect.objectContaining({ endpoint: 'cloudGetGroup', caller: null, status: 401 }),
    ],
  });
  expect((await control(emulator, 'GET', 'requests?endpoint=listUsers')).body).toMatchObject({ requests: [{ id: 2 }] });
  expect((await control(emulator, 'DELETE', 'requests')).status).toBe(204);
  expect(emulator.requests()).toEqual([]);
});

test('the clock is shifted, set, stopped and let go without a jump', async () => {
  let machine = new Date('2026-01-01T00:00:00Z').getTime();
  const emulator = await emulate(smallSeed(), { clock: { now: () => new Date(machine) } });
  const clock = async (method: string, body?: object) =>
    ((await control(emulator, method, 'clock', body)).body as { now: string }).now;
  expect(await clock('POST', { advanceSeconds: 90 })).toBe('2026-01-01T00:01:30.000Z');
  expect(await clock('POST', { now: '2030-05-05T00:00:00Z' })).toBe('2030-05-05T00:00:00.000Z');
  expect(await clock('POST', { isStopped: true })).toBe('2030-05-05T00:00:00.000Z');
  machine += 10_000;
  expect(await clock('GET')).toBe('2030-05-05T00:00:00.000Z');
  expect(await clock('POST', { isStopped: false })).toBe('2030-05-05T00:00:00.000Z');
  machine += 5_000;
  expect(await clock('GET')).toBe('2030-05-05T00:00:05.000Z');
  expect(await clock('DELETE')).toBe('2026-01-01T00:00:15.000Z');
});

test.each([
  ['POST', 'clock', { advance: 3 }, 'There is no field "advance" here.'],
  ['POST', 'clock', { now: 'soon' }, 'now: A moment is written like'],
  ['POST', 'limits', { perMinute: { nobody: 3 } }, 'perMinute.nobody: There is no endpoint "nobody".'],
  ['POST', 'limits', { window: 'round' }, 'window: Write one of "fixed", "sliding".'],
  ['POST', 'behaviour', { patchMode: 3 }, 'patchMode: Write one of "replaceAll", "replaceHighest".'],
  ['POST', 'behaviour', undefined, 'the whole document: the body is empty. Send JSON.'],
])('%s %s %j is a 400 with the place and the remedy', async (method, path, body, sentence) => {
  const reply = await control(await emulate(), method, path, body);
  expect(reply.status).toBe(400);
  expect((reply.body as { error: string }).error).toContain(sentence);
});

test('a control route that does not exist is said to be none', async () => {
  const reply = await control(await emulate(), 'GET', 'fault');
  expect([reply.status, reply.text.includes('GET /_emulator/ lists them all')]).toEqual([404, true]);
});
