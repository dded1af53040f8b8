import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { groupId, roleId, userId } from '../domain/ids.ts';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import { closedAddress, startHttp } from './testing/raw-server.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { botCookie, botId, botKey, failureOf, wireGateway } from './testing/wired-gateway.ts';

const airline = groupId(7001);
const ground = groupId(7003);
const stranger = userId(4001);
/** Holds Cabin Crew and Trainee, both on the ladder. */
const holderOfTwo = userId(2036);

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
  emulator.clearRequests();
  emulator.clearFaults();
});

const called = () => emulator.requests().map((request) => request.endpoint);

test.each([
  ['an empty', airline],
  ['no', ground],
])('a list of roles whose last page has %s token is read to its end', async (_token, group) => {
  const { roblox, within } = wireGateway(emulator.url);
  const expected = [...(emulator.world.groups.get(group)?.roles.values() ?? [])];
  const roles = (await roblox.readRoles(botKey, group, within())) ?? [];
  expect(roles.map(({ id, rank, isBase, name }) => ({ id, rank, isBase, name }))).toEqual(
    expected
      .map(({ id, rank, isBase, name }) => ({ id, rank, isBase, name }))
      .sort((a, b) => a.rank - b.rank || a.id - b.id),
  );
  expect(roles.filter((role) => role.isBase)).toHaveLength(1);
  await roblox.close();
});

test('thirty-eight roles are two pages and one look for the base role', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  expect(await roblox.readRoles(botKey, ground, within())).toHaveLength(38);
  expect(called().sort()).toEqual(['cloudListRoles', 'cloudListRoles', 'listRoles']);
  await roblox.close();
});

test('with a cookie roles are one legacy call', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  expect(await roblox.readRoles(botCookie, ground, within())).toHaveLength(38);
  expect(called()).toEqual(['listRoles']);
  expect(emulator.requests()[0]?.caller).toEqual({ kind: 'cookie', userId: botId });
  await roblox.close();
});

test('roles are remembered for five minutes, asked anew when that is wanted, and forgotten on request', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  const calls = async (read: () => Promise<unknown>) => {
    emulator.clearRequests();
    await read();
    return called().filter((endpoint) => endpoint === 'cloudListRoles').length;
  };
  const read = () => roblox.readRoles(botKey, airline, within());
  expect(await calls(read)).toBe(1);
  await clock.wait(299_000);
  expect(await calls(read)).toBe(0);
  expect(await calls(() => roblox.readRoles(botKey, airline, { ...within(), fresh: true }))).toBe(1);
  await clock.wait(299_000);
  expect(await calls(read)).toBe(0);
  await clock.wait(2_000);
  expect(await calls(read)).toBe(1);
  roblox.forgetGroup(airline);
  expect(await calls(read)).toBe(1);
  await roblox.close();
});

test('without the legacy route the base role is the youngest at rank 1, and is looked for again soon', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'html', endpoint: 'listRoles', times: 2 });
  const guessed = await roblox.readRoles(botKey, airline, within());
  // 7001101 is the base role, 7001102 a role of the ladder: a guess can be wrong, so it is short-lived.
  expect(guessed?.filter((role) => role.isBase).map((role) => role.id)).toEqual([7001102]);
  await clock.wait(61_000);
  const known = await roblox.readRoles(botKey, airline, within());
  expect(known?.filter((role) => role.isBase).map((role) => role.id)).toEqual([7001101]);
  await roblox.close();
});

test('a base role that was once seen is remembered when the legacy route fails later', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  await roblox.readRoles(botKey, airline, within());
  emulator.addFault({ kind: 'html', endpoint: 'listRoles', times: 2 });
  const roles = await roblox.readRoles(botKey, airline, { ...within(), fresh: true });
  expect(roles?.filter((role) => role.isBase).map((role) => role.id)).toEqual([7001101]);
  await roblox.close();
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])(
  'a group that Roblox does not know is null with a %s, and not asked for again at once',
  async (_kind, credential) => {
    const { roblox, within } = wireGateway(emulator.url);
    expect(await roblox.readRoles(credential, groupId(404), within())).toBeNull();
    emulator.clearRequests();
    expect(await roblox.readRoles(credential, groupId(404), within())).toBeNull();
    expect(called()).toEqual([]);
    await roblox.close();
  },
);

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('one role is read as it is now with a %s, and null when it is gone', async (_kind, credential) => {
  const { roblox, within } = wireGateway(emulator.url);
  const base = await roblox.readRole(credential, airline, roleId(7001101), within());
  expect(base).toEqual({ id: 7001101, name: 'Member', rank: 1, isBase: true });
  expect(await roblox.readRole(credential, airline, roleId(7001102), within())).toMatchObject({ isBase: false });
  expect(await roblox.readRole(credential, airline, roleId(7001107), within())).toMatchObject({ rank: 20 });
  expect(await roblox.readRole(credential, airline, roleId(1234), within())).toBeNull();
  await roblox.close();
});

test('a member’s roles are one call: all of them with a key, the highest with a cookie', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  const byKey = await roblox.readMembership(botKey, airline, holderOfTwo, within());
  expect(byKey).toMatchObject({ isMember: true, showsAllRoles: true });
  expect(byKey.roles).toEqual(expect.arrayContaining([7001103, 7001104]));
  expect(called()).toEqual(['cloudListMemberships']);

  emulator.clearRequests();
  const byCookie = await roblox.readMembership(botCookie, airline, holderOfTwo, within());
  expect(byCookie).toEqual({ isMember: true, roles: [7001104], showsAllRoles: false });
  expect(called()).toEqual(['listUserGroups']);
  await roblox.close();
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('with a %s a stranger, and a user who does not exist, are not members', async (_kind, credential) => {
  const { roblox, within } = wireGateway(emulator.url);
  for (const who of [stranger, userId(999_999)]) {
    const membership = await roblox.readMembership(credential, airline, who, within());
    expect(membership).toMatchObject({ isMember: false, roles: [] });
  }
  await roblox.close();
});

test('identical reads in flight are one call, different ones are not', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  const read = (who: number, credential = botKey) => roblox.readMembership(credential, airline, userId(who), within());
  await Promise.all([read(2001), read(2001), read(2001), read(2002), read(2001, { ...botKey, id: 9 })]);
  expect(called()).toHaveLength(3);
  await read(2001);
  expect(called()).toHaveLength(4);
  await roblox.close();
});

test('simultaneous reads of one group’s roles are one load', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  await Promise.all([1, 2, 3].map(() => roblox.readRoles(botKey, ground, within())));
  expect(called()).toHaveLength(3);
  await roblox.close();
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('the bot behind a %s is known with its rank, and asked for once in five minutes', async (_kind, credential) => {
  const { roblox, within } = wireGateway(emulator.url);
  expect(await roblox.readBot(credential, airline, within())).toEqual({ userId: botId, rank: 250 });
  emulator.clearRequests();
  expect(await roblox.readBot(credential, airline, within())).toEqual({ userId: botId, rank: 250 });
  expect(called()).toEqual([]);
  expect(await roblox.readBot(credential, ground, within())).toEqual({ userId: botId, rank: 250 });
  expect(called()).not.toContain('introspectKey');
  expect(called()).not.toContain('getAuthenticatedUser');
  await roblox.close();
});

test('slots are counted by account as soon as it is known, whatever the credential', async () => {
  const { roblox, slots, within } = wireGateway(emulator.url);
  await roblox.readMembership(botKey, airline, userId(2001), within());
  expect(slots.taken.map(({ bucket }) => bucket)).toEqual(['credential:1:cloudListMemberships']);
  await roblox.readBot(botKey, airline, within());
  await roblox.readBot({ ...botKey, id: 7 }, airline, within());
  slots.taken.length = 0;
  await roblox.readMembership(botKey, airline, userId(2001), within());
  await roblox.readMembership({ ...botKey, id: 7 }, airline, userId(2001), within());
  expect(new Set(slots.taken.map(({ bucket }) => bucket))).toEqual(new Set([`${botId}:cloudListMemberships`]));
  await roblox.close();
});

test.each([
  ['nobody', null],
  ['a cookie', botCookie],
  ['a key', botKey],
])('asked by %s, a group exists, does not, or could not be asked for', async (_who, credential) => {
  const { roblox, within } = wireGateway(emulator.url);
  expect(await roblox.groupExists(credential, airline, within())).toBe(true);
  expect(await roblox.groupExists(credential, groupId(404), within())).toBe(false);
  emulator.addFault({ kind: 'html', times: null });
  expect(await roblox.groupExists(credential, groupId(1), within({ seconds: 3 }))).toBeNull();
  await roblox.close();
});

test.each([
  ['a web page', { kind: 'html', times: 3 }],
  ['an empty 502', { kind: 'empty', status: 502, times: 3 }],
  ['`{}` with 500', { kind: 'status', status: 500, body: {}, times: 3 }],
  ['a good status with a web page', { kind: 'html', status: 200, times: 3 }],
  ['broken connections', { kind: 'reset', times: 3 }],
  ['429 without a word about when', { kind: 'status', status: 429, times: 3 }],
] as const)('a read gets past %s', async (_what, fault) => {
  const { roblox, within, log } = wireGateway(emulator.url);
  emulator.addFault(fault);
  expect(await roblox.readMembership(botKey, airline, stranger, within())).toMatchObject({ isMember: false });
  expect(called()).toHaveLength(4);
  expect(log).toContainEqual(expect.objectContaining({ level: 'info', msg: 'asking Roblox again' }));
  await roblox.close();
});

test.each(['seconds', 'date'] as const)('retry-after in %s is waited for', async (retryAfterForm) => {
  // The date is made on the emulator's clock: both must tell the same time.
  const clock = new VirtualClock();
  const told = await startEmulator({ clock });
  const { roblox, within } = wireGateway(told.url, { clock });
  told.addFault({ kind: 'status', status: 429, retryAfterSeconds: 9, retryAfterForm });
  const startMs = clock.monotonicMs();
  await roblox.readMembership(botKey, airline, stranger, within());
  const waitedMs = clock.monotonicMs() - startMs;
  expect(waitedMs).toBeGreaterThanOrEqual(8_000);
  expect(waitedMs).toBeLessThan(11_000);
  await roblox.close();
  await told.close();
});

test('a bucket that Roblox calls empty is not called before it refills', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  emulator.addFault({
    kind: 'status',
    status: 200,
    body: { groupMemberships: [] },
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '20' },
  });
  await roblox.readMembership(botKey, airline, stranger, within());
  const startMs = clock.monotonicMs();
  await roblox.readMembership(botKey, airline, stranger, within());
  expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(20_000);
  await roblox.close();
});

test('a read that fails until its deadline is unavailable, and says so in time', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'html', times: null });
  const startMs = clock.monotonicMs();
  const error = await failureOf(roblox.readMembership(botKey, airline, stranger, within({ seconds: 600 })));
  expect(error).toMatchObject({ failure: 'unavailable', status: 503, endpoint: 'cloudListMemberships' });
  expect(clock.monotonicMs() - startMs).toBeLessThanOrEqual(25_000);
  expect(clock.monotonicMs() - startMs).toBeGreaterThan(15_000);
  await roblox.close();
});

test('a read that is limited until its deadline is busy, with the time to return', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 429, retryAfterSeconds: 40 });
  const error = await failureOf(roblox.readMembership(botKey, airline, stranger, within()));
  expect(error).toMatchObject({ failure: 'busy', status: 429, code: 'RESOURCE_EXHAUSTED', retryAfterSeconds: 40 });
  const next = await failureOf(roblox.readMembership(botKey, airline, stranger, within()));
  expect(next).toMatchObject({ failure: 'busy', status: null });
  expect(called()).toHaveLength(1);
  await roblox.close();
});

test('nobody at the address: unavailable', async () => {
  const { roblox, within } = wireGateway(await closedAddress());
  const error = await failureOf(roblox.readMembership(botKey, airline, stranger, within()));
  expect(error).toMatchObject({ failure: 'unavailable', status: null });
  expect(error.message).toContain('ECONNREFUSED');
  await roblox.close();
});

test('an answer of another shape is not believed, and not asked for again', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 200, body: { memberships: [] } });
  const error = await failureOf(roblox.readMembership(botKey, airline, stranger, within()));
  expect(error).toMatchObject({ failure: 'unavailable' });
  expect(called()).toHaveLength(1);
  await roblox.close();
});

test('pages that lead in a circle end', async () => {
  let calls = 0;
  const circle = await startHttp((_incoming, outgoing) => {
    calls++;
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ groupRoles: [], nextPageToken: 'again', groupId: 1, roles: [] }));
  });
  const { roblox, within } = wireGateway(circle.url);
  expect(await failureOf(roblox.readRoles(botKey, airline, within()))).toMatchObject({ failure: 'unavailable' });
  expect(calls).toBeLessThan(10);
  await roblox.close();
  await circle.close();
});

test('a 401 on what is asked by nobody is a refusal, not a broken credential', async () => {
  const { roblox, within, health } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 401, endpoint: 'listRoles' });
  expect(await roblox.readRoles(botKey, airline, within())).toHaveLength(12);
  expect(health.map((report) => report.health)).toEqual(['ok']);
  await roblox.close();
});

test('closing ends all waiting at once, with what failed last', async () => {
  const clock = new VirtualClock({ isRunning: false });
  const { roblox, within } = wireGateway(emulator.url, { clock, perMinute: () => 1 });
  const slow = failureOf(roblox.readMembership(botKey, airline, userId(2001), within()));
  const queued = failureOf(roblox.readMembership(botKey, airline, userId(2002), within()));
  emulator.addFault({ kind: 'status', status: 500, times: null });
  await expect.poll(() => called().length).toBe(1);
  await expect.poll(() => emulator.requests()[0]?.status).toBe(500);
  await clock.advance(0);
  await roblox.close();
  expect([await slow, await queued].map((error) => error.failure)).toEqual(['unavailable', 'busy']);
});
