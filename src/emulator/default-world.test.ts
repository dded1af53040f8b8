import { afterEach, expect, test } from 'vitest';
import { defaultSeed } from './default-world.ts';
import { startEmulator } from './emulator.ts';
import { call, closeAll, emulate } from './testing/calls.ts';
import { baseRole, highestRole, may, rankOf } from './world.ts';

afterEach(closeAll);

const world = async () => (await emulate(defaultSeed())).world;

test('it is the same every time', () => {
  expect(defaultSeed()).toEqual(defaultSeed());
});

test('the first group has 12 roles, 60 members, two roles of rank 1, and join requests', async () => {
  const group = (await world()).groups.get(7001);
  expect([group?.roles.size, group?.members.size]).toEqual([12, 60]);
  expect([...(group?.roles.values() ?? [])].map((role) => role.rank)).toEqual([
    0, 1, 1, 3, 5, 7, 10, 20, 30, 100, 250, 255,
  ]);
  expect(group?.joinRequests.size).toBeGreaterThan(0);
  expect(group && [...group.members.values()].every((member) => member.roleIds.has(baseRole(group).id))).toBe(true);
});

test('some hold side roles above and below their rank, one holds two ladder roles', async () => {
  const group = (await world()).groups.get(7001);
  if (group === undefined) throw new Error('no group 7001');
  const sideRoles = [7001105, 7001108];
  const members = [...group.members.values()];
  const highest = members.map((member) => highestRole(group, member).id);
  expect(highest).toContain(7001108);
  const below = members.filter((member) => member.roleIds.has(7001105) && highestRole(group, member).rank > 7);
  expect(below.length).toBeGreaterThan(0);
  const ladderRoles = members.map((member) =>
    [...member.roleIds].filter((id) => id !== 7001101 && !sideRoles.includes(id)),
  );
  expect(ladderRoles.filter((roles) => roles.length === 2)).toHaveLength(1);
});

test('the bot stands above the ladder and below the owner, with cookie, key and every permission it needs', async () => {
  const { groups, keys, sessions } = await world();
  expect([keys[0]?.ownerId, sessions[0]?.userId]).toEqual([1000, 1000]);
  for (const group of groups.values()) {
    expect(rankOf(group, 1000)).toBe(250);
    for (const permission of [
      'changeRank',
      'acceptRequests',
      'exileMembers',
      'createGroupShout',
      'viewAuditLog',
    ] as const) {
      expect(may(group, 1000, permission)).toBe(true);
    }
  }
});

test('the second group’s roles fill two Open Cloud pages', async () => {
  expect((await world()).groups.get(7003)?.roles.size).toBe(38);
});

test('it is what is played without a seed, and some own passes', async () => {
  const emulator = await startEmulator();
  try {
    expect((await call(emulator, 'GET', '/groups.roblox.com/v1/groups/7001')).body).toMatchObject({
      name: 'Acme Airways',
    });
    expect(
      (await call(emulator, 'GET', '/inventory.roblox.com/v1/users/2001/items/GamePass/777001/is-owned')).text,
    ).toBe('true');
  } finally {
    await emulator.close();
  }
});
