/** What an operation costs at Roblox once roles and bot are known (design.md 7), counted by the emulator. */
import { afterEach, expect, test } from 'vitest';
import { type Brevet, startBrevet, weskKey } from './harness/brevet.ts';
import { group, role, rolesDocument, rolesWorld } from './harness/roles-world.ts';

let brevet: Brevet;
afterEach(() => brevet.close());

const setRank = (robloxUserId: number, rankId: number) =>
  brevet.call(`/v1/groups/${group}/rank`, { body: { robloxUserId, rankId } });

async function warm(by: 'openCloud' | 'cookie'): Promise<void> {
  const members = { 2001: [role.private], 2002: [role.private], 2003: [role.private, role.visitor], 2004: [] };
  brevet = await startBrevet({ seed: rolesWorld(members), document: rolesDocument(by, true, weskKey) });
  await setRank(2001, 20);
}

async function callsOf(act: () => Promise<unknown>): Promise<string[]> {
  const since = brevet.callCount();
  await act();
  return brevet.callsSince(since);
}

test('cookie: set rank is one read and one write', async () => {
  await warm('cookie');
  expect(await callsOf(() => setRank(2002, 20))).toEqual(['listUserGroups', 'setUserRole']);
});

test('Open Cloud: set rank is one read, one assign and an unassign for each leftover ladder role', async () => {
  await warm('openCloud');
  expect(await callsOf(() => setRank(2004, 20))).toEqual(['cloudListMemberships', 'cloudAssignRole']);
  expect(await callsOf(() => setRank(2002, 20))).toEqual([
    'cloudListMemberships',
    'cloudAssignRole',
    'cloudUnassignRole',
  ]);
  expect(await callsOf(() => setRank(2003, 20))).toHaveLength(4);
});

test('promote costs what set rank costs', async () => {
  await warm('openCloud');
  const promote = () => brevet.call(`/v1/groups/${group}/promote`, { body: { robloxUserId: 2002 } });
  expect(await callsOf(promote)).toEqual(['cloudListMemberships', 'cloudAssignRole', 'cloudUnassignRole']);
});

test.each(['openCloud', 'cookie'] as const)(
  'get rank with %s is one call, and being there already is one read',
  async (by) => {
    await warm(by);
    expect(await callsOf(() => brevet.call(`/v1/groups/${group}/rank/2002`))).toHaveLength(1);
    expect(await callsOf(() => setRank(2002, 10))).toHaveLength(1);
  },
);

test('identical reads in flight are one call', async () => {
  await warm('openCloud');
  brevet.emulator.addFault({ endpoint: 'cloudListMemberships', kind: 'latency', ms: 100, times: null });
  const calls = await callsOf(() => Promise.all([1, 2, 3].map(() => brevet.call(`/v1/groups/${group}/rank/2002`))));
  expect(calls).toEqual(['cloudListMemberships']);
});
