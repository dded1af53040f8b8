import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { groupId, roleId, userId } from '../domain/ids.ts';
import { defaultSeed } from '../emulator/default-world.ts';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import type { CallOptions, Roblox } from './roblox.ts';
import { closedAddress, startTcp } from './testing/raw-server.ts';
import { botCookie, botKey, failureOf, wireGateway } from './testing/wired-gateway.ts';

const airline = groupId(7001);
const member = userId(2001);
const captain = roleId(7001107);
const trainee = roleId(7001103);

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
  emulator.load(defaultSeed());
  emulator.clearRequests();
  emulator.clearFaults();
});

const called = () => emulator.requests().map((request) => request.endpoint);
const held = () => [...(emulator.world.groups.get(airline)?.members.get(member)?.roleIds ?? [])];

const assign = (roblox: Roblox, options: CallOptions) => roblox.assignRole(botKey, airline, member, captain, options);
const set = (roblox: Roblox, options: CallOptions) => roblox.setRole(botCookie, airline, member, captain, options);

test('assigning and taking away a role are one call each', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  await assign(roblox, within());
  expect(held()).toEqual(expect.arrayContaining([7001102, 7001107]));
  await roblox.unassignRole(botKey, airline, member, roleId(7001102), within());
  expect(held()).not.toContain(7001102);
  expect(called()).toEqual(['cloudAssignRole', 'cloudUnassignRole']);
  expect(emulator.requests()[0]).toMatchObject({
    path: '/cloud/v2/groups/7001/memberships/2001:assignRole',
    body: { role: 'groups/7001/roles/7001107' },
  });
  await roblox.close();
});

test('with a cookie the first change fetches the CSRF token and the second needs one call', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  await set(roblox, within());
  expect(held()).toContain(7001107);
  expect(emulator.requests().map(({ status }) => status)).toEqual([403, 200]);
  emulator.clearRequests();
  await roblox.setRole(botCookie, airline, member, trainee, within());
  expect(emulator.requests().map(({ status }) => status)).toEqual([200]);
  await roblox.close();
});

test.each([
  [
    'of another role than there is',
    'key',
    404,
    'NOT_FOUND',
    (r: Roblox, o: CallOptions) => r.assignRole(botKey, airline, member, roleId(1), o),
  ],
  [
    'above the bot',
    'key',
    403,
    'PERMISSION_DENIED',
    (r: Roblox, o: CallOptions) => r.assignRole(botKey, airline, userId(1), trainee, o),
  ],
  [
    'of a stranger',
    'key',
    404,
    'NOT_FOUND',
    (r: Roblox, o: CallOptions) => r.assignRole(botKey, airline, userId(4001), trainee, o),
  ],
  [
    'of a stranger',
    'cookie',
    400,
    3,
    (r: Roblox, o: CallOptions) => r.setRole(botCookie, airline, userId(4001), trainee, o),
  ],
  [
    'of the bot itself',
    'cookie',
    400,
    23,
    (r: Roblox, o: CallOptions) => r.setRole(botCookie, airline, userId(1000), trainee, o),
  ],
] as const)(
  'a change %s is refused through a %s with status and code, once',
  async (_what, _kind, status, code, change) => {
    const { roblox, within } = wireGateway(emulator.url);
    expect(await failureOf(change(roblox, within()))).toMatchObject({ failure: 'refused', status, code });
    expect(emulator.requests().filter((request) => request.status === status)).toHaveLength(1);
    await roblox.close();
  },
);

test.each([
  ['the connection breaks after it was applied', { kind: 'applyThenDrop' }],
  ['the connection breaks', { kind: 'reset' }],
  ['a web page comes with 503', { kind: 'html' }],
  ['nothing comes with 502', { kind: 'empty', status: 502 }],
  ['`{}` comes with 500', { kind: 'status', status: 500, body: {} }],
  ['503 comes although it was applied', { kind: 'status', status: 503, applied: true }],
  ['a web page comes with 200', { kind: 'html', status: 200 }],
  ['a redirect comes', { kind: 'status', status: 302, headers: { location: 'https://www.roblox.com/maintenance' } }],
  ['408 comes', { kind: 'status', status: 408 }],
] as const)('when %s a change is lost, and is not sent again', async (_what, fault) => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault(fault);
  expect(await failureOf(assign(roblox, within()))).toMatchObject({ failure: 'lost' });
  expect(called()).toEqual(['cloudAssignRole']);
  await roblox.close();
});

test('silence until the time-out is a lost change', async () => {
  const { roblox, within } = wireGateway(emulator.url, { timeoutMs: 400 });
  emulator.addFault({ kind: 'hang' });
  expect(await failureOf(assign(roblox, within()))).toMatchObject({ failure: 'lost', status: null });
  expect(called()).toEqual(['cloudAssignRole']);
  await roblox.close();
});

test.each([
  ['empty', { kind: 'empty', status: 200 }],
  ['not JSON', { kind: 'status', status: 200, body: 'ok', headers: { 'content-type': 'text/plain' } }],
  ['another shape', { kind: 'status', status: 200, body: [] }],
] as const)('a change whose good answer is %s has been made', async (_what, fault) => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault(fault);
  await expect(assign(roblox, within())).resolves.toBeUndefined();
  await roblox.close();
});

test('a change that never left is tried again until the deadline, then unavailable', async () => {
  const { roblox, clock, within, log } = wireGateway(await closedAddress());
  const startMs = clock.monotonicMs();
  let sent = 0;
  const error = await failureOf(assign(roblox, within({ onSent: () => sent++ })));
  expect(error).toMatchObject({ failure: 'unavailable', status: null });
  expect(sent).toBe(0);
  expect(log.length).toBeGreaterThan(5);
  // It stopped while a whole time-out was left.
  expect(clock.monotonicMs() - startMs).toBeLessThanOrEqual(18_000);
  await roblox.close();
});

test.each([
  ['429 with a time', { kind: 'status', status: 429, retryAfterSeconds: 4, times: 2 }],
  ['429 without one', { kind: 'status', status: 429, times: 2 }],
  ['“changed at the same time”', { kind: 'status', status: 409, times: 2 }],
] as const)('%s changed nothing, so the change is sent again', async (_what, fault) => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault(fault);
  await assign(roblox, within());
  expect(emulator.requests().map(({ status }) => status)).toEqual([fault.status, fault.status, 200]);
  expect(held()).toContain(7001107);
  await roblox.close();
});

test('a limit that leaves no whole time-out before the deadline is busy', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 429, retryAfterSeconds: 20 });
  const error = await failureOf(assign(roblox, within()));
  expect(error).toMatchObject({ failure: 'busy', status: 429, retryAfterSeconds: 20 });
  expect(called()).toEqual(['cloudAssignRole']);
  await roblox.close();
});

test('a change is not begun when less than a whole time-out is left', async () => {
  const { roblox, clock, slots, within } = wireGateway(emulator.url);
  expect(await failureOf(assign(roblox, within({ seconds: 6 })))).toMatchObject({ failure: 'busy' });
  expect(slots.taken).toEqual([]);
  const slowly = within({ beforeWrite: () => clock.wait(20_000) });
  expect(await failureOf(assign(roblox, slowly))).toMatchObject({ failure: 'busy' });
  expect(called()).toEqual([]);
  await assign(roblox, within({ seconds: 8 }));
  expect(called()).toEqual(['cloudAssignRole']);
  await roblox.close();
});

test('beforeWrite comes before each attempt that is sent, after the waiting, and onSent when it leaves', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 429, retryAfterSeconds: 5, endpoint: 'setUserRole' });
  const startMs = clock.monotonicMs();
  const events: string[] = [];
  const note = (what: string) => events.push(`${what} ${Math.floor((clock.monotonicMs() - startMs) / 1000)}`);
  await set(roblox, within({ beforeWrite: async () => void note('before'), onSent: () => note('sent') }));
  // 429, CSRF handshake, success.
  expect(events).toEqual(['before 0', 'sent 0', 'before 5', 'sent 5', 'before 5', 'sent 5']);
  await roblox.close();
});

test('beforeWrite can stop a change with an error of its own; nothing is sent', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  const stop = new Error('the turn is over');
  await expect(assign(roblox, within({ beforeWrite: () => Promise.reject(stop) }))).rejects.toBe(stop);
  expect(called()).toEqual([]);
  await roblox.close();
});

test('a connection that is closed under a change makes it lost, not repeated', async () => {
  let requests = 0;
  const server = await startTcp((socket) => {
    requests++;
    socket.end();
  });
  const { roblox, within } = wireGateway(server.url);
  expect(await failureOf(assign(roblox, within()))).toMatchObject({ failure: 'lost' });
  expect(requests).toBe(1);
  await roblox.close();
  await server.close();
});

test('reserved slots are used without waiting, one for each call', async () => {
  const { roblox, clock, slots, within } = wireGateway(emulator.url);
  const names = ['cloudAssignRole', 'cloudUnassignRole', 'cloudUnassignRole'] as const;
  const reservation = await roblox.reserve(botKey, names, within());
  const askedFor = slots.taken.length;
  const startMs = clock.monotonicMs();
  await assign(roblox, within({ reservation }));
  await roblox.unassignRole(botKey, airline, member, trainee, within({ reservation }));
  await roblox.unassignRole(botKey, airline, member, trainee, within({ reservation }));
  expect(slots.taken).toHaveLength(askedFor);
  expect(clock.monotonicMs()).toBe(startMs);
  expect(reservation.take('cloudUnassignRole')).toBe(false);
  await roblox.close();
});

test('a reservation that cannot be had before the deadline is busy', async () => {
  const { roblox, within } = wireGateway(emulator.url, { perMinute: () => 2 });
  await roblox.reserve(botKey, ['cloudAssignRole'], within());
  const error = await failureOf(roblox.reserve(botKey, ['cloudAssignRole'], within()));
  expect(error).toMatchObject({ failure: 'busy', endpoint: 'cloudAssignRole', status: null });
  expect(error.retryAfterSeconds).toBeGreaterThan(20);
  await roblox.close();
});

test('a slot that leaves a change no whole time-out is not reserved for it', async () => {
  // Slots are 20.1 s apart: the second comes before the deadline, but less than 7 s before it.
  const { roblox, within } = wireGateway(emulator.url, { perMinute: () => 4 });
  const reserve = (name: 'cloudAssignRole' | 'cloudListRoles') => roblox.reserve(botKey, [name], within());
  await Promise.all([reserve('cloudAssignRole'), reserve('cloudListRoles')]);
  const [change, read] = await Promise.allSettled([reserve('cloudAssignRole'), reserve('cloudListRoles')]);
  expect(change).toMatchObject({ status: 'rejected', reason: { failure: 'busy' } });
  expect(read.status).toBe('fulfilled');
  await roblox.close();
});

test('a reserved slot does not break a pause that Roblox has asked for meanwhile', async () => {
  const { roblox, clock, within } = wireGateway(emulator.url);
  const reservation = await roblox.reserve(botKey, ['cloudAssignRole', 'cloudAssignRole'], within());
  const startMs = clock.monotonicMs();
  emulator.addFault({ kind: 'status', status: 429, retryAfterSeconds: 12 });
  await failureOf(assign(roblox, within({ seconds: 10 })));
  await assign(roblox, within({ reservation }));
  expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(12_000);

  emulator.addFault({ kind: 'status', status: 429, retryAfterSeconds: 30 });
  await failureOf(assign(roblox, within()));
  const error = await failureOf(assign(roblox, within({ reservation })));
  expect(error).toMatchObject({ failure: 'busy' });
  expect(error.retryAfterSeconds).toBeGreaterThan(25);
  await roblox.close();
});

test('when slots cannot be handed out nothing is sent', async () => {
  const takeSlots = () => Promise.reject(new Error('database down'));
  const { roblox, within } = wireGateway(emulator.url, {
    needs: { takeSlots, saveCookie: async () => {}, reportHealth: async () => {} },
  });
  expect(await failureOf(assign(roblox, within()))).toMatchObject({ failure: 'bookkeeping' });
  expect(called()).toEqual([]);
  await roblox.close();
});

test('a key cannot be used where Roblox wants a cookie', async () => {
  const { roblox, within } = wireGateway(emulator.url);
  await expect(roblox.setRole(botKey, airline, member, captain, within())).rejects.toThrow(TypeError);
  expect(called()).toEqual([]);
  await roblox.close();
});
