import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { groupId, roleId, userId } from '../domain/ids.ts';
import { defaultSeed } from '../emulator/default-world.ts';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import type { ApiKey, Group } from '../emulator/world.ts';
import { botCookie, botId, botKey, failureOf, wireGateway } from './testing/wired-gateway.ts';

const airline = groupId(7001);
const ground = groupId(7003);
const unknown = groupId(404);

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

function key(): ApiKey {
  const [first] = emulator.world.keys;
  if (first === undefined) throw new Error('the default world has a key');
  return first;
}
function group(id: number): Group {
  const found = emulator.world.groups.get(id);
  if (found === undefined) throw new Error(`the default world has group ${id}`);
  return found;
}
async function inspect(credential = botKey, groups = [airline, ground]) {
  const gateway = wireGateway(emulator.url);
  const report = await gateway.roblox.inspect({ ...credential, id: 0 }, groups, gateway.within());
  await gateway.roblox.close();
  return report;
}

test.each([
  ['key', botKey, 'Acme Rank Bot'],
  ['cookie', botCookie, 'AcmeRankBot'],
])('a good %s has a name, an account and no problems', async (_kind, credential, name) => {
  expect(await inspect(credential)).toEqual({ userId: botId, name, problems: [], replacedBy: null });
});

test('a disabled key is named as that, and nothing else is asked', async () => {
  key().isEnabled = false;
  const { problems } = await inspect();
  expect(problems).toEqual([expect.stringContaining('disabled')]);
  expect(emulator.requests().map((request) => request.endpoint)).toEqual(['introspectKey']);
});

test('an expired key is named as that', async () => {
  key().expires = new Date('2020-01-01T00:00:00Z');
  expect((await inspect()).problems).toEqual([expect.stringContaining('expired')]);
});

test('a key that expires within two weeks is a warning in time', async () => {
  const gateway = wireGateway(emulator.url);
  const inDays = (days: number) => new Date(gateway.clock.now().getTime() + days * 86_400_000);
  const own = { ...botKey, id: 0 };
  key().expires = inDays(3.5);
  const soon = await gateway.roblox.inspect(own, [], gateway.within());
  expect(soon.problems).toEqual([expect.stringContaining('expires in 3 days')]);
  key().expires = inDays(15);
  expect((await gateway.roblox.inspect(own, [], gateway.within())).problems).toEqual([]);
  await gateway.roblox.close();
});

test('each missing scope is named with its remedy', async () => {
  key().scopes = ['user.inventory-item:read'];
  const { problems } = await inspect(botKey, []);
  expect(problems).toEqual([
    expect.stringMatching(/group:read.*create\.roblox\.com/),
    expect.stringMatching(/group:write.*create\.roblox\.com/),
  ]);
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('with a %s each group says what is missing in it', async (_kind, credential) => {
  group(airline).members.delete(botId);
  for (const role of group(ground).roles.values()) role.permissions = new Set();
  const { problems } = await inspect(credential, [airline, ground, unknown]);
  expect(problems).toEqual([
    expect.stringMatching(/not a member of group 7001/),
    expect.stringMatching(/group 7003 may not change ranks/),
    expect.stringMatching(/no group 404/),
  ]);
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('with a %s an account at the bottom is told to rise', async (_kind, credential) => {
  const roles = group(airline).members.get(botId)?.roleIds;
  for (const id of [...(roles ?? [])]) if (id !== 7001101) roles?.delete(id);
  expect((await inspect(credential, [airline])).problems).toEqual([
    expect.stringContaining('lowest rank in group 7001'),
  ]);
});

test('a key’s owner who owns the group needs no permission', async () => {
  key().ownerId = 1;
  expect((await inspect()).problems).toEqual([]);
});

test('a group that cannot be asked does not hide the others', async () => {
  emulator.addFault({ kind: 'status', status: 403, path: '/v1/groups/7001/membership', times: null });
  group(ground).members.delete(botId);
  const { problems } = await inspect(botCookie);
  expect(problems).toEqual([
    expect.stringMatching(/^Group 7001 could not be checked: Roblox refused with 403/),
    expect.stringMatching(/not a member of group 7003/),
  ]);
});

test.each([
  ['key', { ...botKey, secret: 'wrong' }],
  ['cookie', { ...botCookie, secret: 'wrong' }],
])('a %s that Roblox does not know is a broken credential', async (_kind, credential) => {
  const gateway = wireGateway(emulator.url);
  const error = await failureOf(gateway.roblox.inspect(credential, [airline], gateway.within()));
  expect(error).toMatchObject({ failure: 'credential', status: 401 });
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken']);
  await gateway.roblox.close();
});

test.each([
  ['key', botKey],
  ['cookie', botCookie],
])('inspection of a %s asks whatever the circuit says, and closes it', async (_kind, credential) => {
  const gateway = wireGateway(emulator.url);
  const read = () => gateway.roblox.readMembership(credential, airline, userId(botId), gateway.within());
  emulator.addFault({ kind: 'status', status: 401 });
  await failureOf(read());
  await failureOf(read());
  await gateway.roblox.inspect(credential, [], gateway.within());
  await expect(read()).resolves.toMatchObject({ isMember: true });
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken', 'ok']);
  await gateway.roblox.close();
});

test('inspection closes a circuit that a challenge opened: the owner says that it is solved', async () => {
  const gateway = wireGateway(emulator.url);
  const change = () => gateway.roblox.setRole(botCookie, airline, userId(2001), roleId(7001103), gateway.within());
  emulator.addFault({ kind: 'challenge', endpoint: 'setUserRole' });
  await failureOf(change());
  await gateway.roblox.inspect(botCookie, [], gateway.within());
  await change();
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken', 'ok']);
  await gateway.roblox.close();
});

test('a cookie that Roblox replaces while it is asked is handed over, for an unstored one nobody else would keep it', async () => {
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'getAuthenticatedUser' });
  const gateway = wireGateway(emulator.url);
  const report = await gateway.roblox.inspect({ ...botCookie, id: 0 }, [airline], gateway.within());
  expect(report.problems).toEqual([]);
  expect(report.replacedBy).toBe(emulator.world.sessions[0]?.cookie);
  expect(report.replacedBy).not.toBe(botCookie.secret);
  expect(gateway.savedCookies).toEqual([]);
  await gateway.roblox.close();
});
