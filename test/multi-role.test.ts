/** Members who hold several roles, through both credentials (docs/decisions/multi-role-writes-and-the-ladder.md). */
import { afterEach, describe, expect, test } from 'vitest';
import { type Brevet, startBrevet, weskKey } from './harness/brevet.ts';
import { group, role, rolesDocument, rolesWorld } from './harness/roles-world.ts';

let brevet: Brevet;
afterEach(() => brevet.close());

const player = 2001;
const start = async (by: 'openCloud' | 'cookie', confirmed: boolean, held: number[], behaviour: object = {}) => {
  brevet = await startBrevet({
    seed: rolesWorld({ [player]: held }, behaviour),
    document: rolesDocument(by, confirmed, weskKey),
  });
};
const setRank = (rankId: number) => brevet.call(`/v1/groups/${group}/rank`, { body: { robloxUserId: player, rankId } });
const held = () => brevet.rolesOf(player, group);
const sorted = (...ids: number[]) => ids.sort((a, b) => a - b);
function highest(): number {
  const roles = brevet.emulator.world.groups.get(group)?.roles;
  return Math.max(1, ...held().map((id) => roles?.get(id)?.rank ?? 0));
}

describe('with an Open Cloud key', () => {
  test('two ladder roles and side roles above and below: exactly the target, side roles untouched', async () => {
    await start('openCloud', true, [role.captain, role.private, role.sideHigh, role.sideLow]);
    expect((await setRank(20)).json).toMatchObject({ fromRank: 30, toRank: 20 });
    expect(held()).toEqual(sorted(role.sergeant, role.sideHigh, role.sideLow));
  });

  test('unconfirmed ladder: only the old rank’s role and those above the target go', async () => {
    await start('openCloud', false, [role.captain, role.private, role.sideLow]);
    expect((await setRank(20)).json).toMatchObject({ fromRank: 30, toRank: 20 });
    expect(held()).toEqual(sorted(role.sergeant, role.private, role.sideLow));
  });

  test('two roles of rank 1: rank 1 is the one that is not the base role', async () => {
    await start('openCloud', true, [role.private]);
    expect((await setRank(1)).json).toMatchObject({ fromRank: 10, toRank: 1 });
    expect(held()).toEqual([role.visitor]);
  });

  test('a base role that is alone at rank 1 is never written: rank 1 takes the ladder roles away', async () => {
    await start('openCloud', true, [role.captain, role.sideLow]);
    await brevet.apply({
      workspace: { slug: 'roles' },
      groups: [{ id: group, main: true, ladder: [role.private, role.captain] }],
    });
    expect((await setRank(1)).json).toMatchObject({ fromRank: 30, toRank: 1 });
    expect(held()).toEqual([role.sideLow]);
  });

  test('a role of the member that was made after the roles were remembered is looked up', async () => {
    await start('openCloud', true, [role.private]);
    await setRank(20);
    const roles = brevet.emulator.world.groups.get(group)?.roles;
    roles?.set(8_001_125, {
      ...structuredClone(roles.get(role.sergeant)),
      id: 8_001_125,
      name: 'New',
      rank: 225,
    } as never);
    brevet.emulator.world.groups.get(group)?.members.get(player)?.roleIds.add(8_001_125);
    expect((await setRank(30)).status).toBe(502); // rank 225 is above the bot
    expect(held()).toEqual(sorted(role.sergeant, 8_001_125));
  });

  test('a target near the bot is read again before it is given', async () => {
    await start('openCloud', true, [role.private]);
    await brevet.apply({ workspace: { slug: 'roles', maxRank: 45 } });
    await setRank(20);
    const since = brevet.callCount();
    const roles = brevet.emulator.world.groups.get(group)?.roles;
    const major = roles?.get(role.major);
    if (major !== undefined) major.rank = 190;
    expect((await setRank(40)).status).toBe(400);
    expect(brevet.callsSince(since)).toContain('cloudGetRole');
    expect(held()).toEqual([role.sergeant]);
  });
});

describe.each(['replaceAll', 'replaceHighest'])('with a cookie, where Roblox’s PATCH does %s', (patchMode) => {
  const behaviour = { patchMode };

  test('upwards: the target is the highest role', async () => {
    await start('cookie', false, [role.private, role.visitor], behaviour);
    expect((await setRank(30)).json).toMatchObject({ fromRank: 10, toRank: 30 });
    expect(highest()).toBe(30);
    const [row] = await brevet.query<{ remarks: string[] }>('select remarks from actions');
    expect(row?.remarks[0]).toMatch(/cookie/);
  });

  test('downwards past a second ladder role: the target is the highest role', async () => {
    await start('cookie', false, [role.major, role.captain], behaviour);
    expect((await setRank(10)).json).toMatchObject({ fromRank: 40, toRank: 10 });
    expect(highest()).toBe(10);
  });

  test('a side role on top: refused beforehand, with the reason', async () => {
    await start('cookie', true, [role.captain, role.sideHigh, role.sideLow], behaviour);
    const answer = await setRank(20);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/not on the ladder/);
    expect(held()).toEqual(sorted(role.captain, role.sideHigh, role.sideLow));
  });

  test('a side role that may stay on top of the target: refused beforehand, with the reason', async () => {
    await start('cookie', true, [role.general, role.sideLow], behaviour);
    const answer = await setRank(10);
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/Open Cloud/);
    expect(held()).toEqual(sorted(role.general, role.sideLow));
  });
});

test('a group with 38 roles: the ladder is read from both pages', async () => {
  brevet = await startBrevet({
    document: {
      workspace: { slug: 'ground', name: 'Ground', plan: 'max' },
      credential: { kind: 'openCloud', value: 'emulator-bot-open-cloud-key' },
      groups: [{ id: 7003, main: true, ladder: null }],
      keys: [{ dialect: 'wesk', value: weskKey, label: 'Ground', groupId: 7003 }],
    },
  });
  for (const rankId of [200, 2]) {
    const answer = await brevet.call('/v1/groups/7003/rank', { body: { robloxUserId: 2005, rankId } });
    expect(answer.json).toMatchObject({ toRank: rankId });
  }
  expect(brevet.rolesOf(2005, 7003)).toEqual([7_003_102]);
});
