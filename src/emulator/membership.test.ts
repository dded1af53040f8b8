/** Who may do what to whom, and several roles at once: the same rules through both APIs, in each one's own codes. */
import { afterEach, expect, test } from 'vitest';
import type { Emulator } from './emulator.ts';
import { call, closeAll, cloud, control, emulate, heldRoles, legacy, refusal } from './testing/calls.ts';
import { groupId, roleId, rolePath, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const assign = (emulator: Emulator, user: number, role: number, verb = 'assignRole') =>
  cloud(emulator, 'POST', `/groups/${groupId}/memberships/${user}:${verb}`, { body: { role: rolePath(role) } });
const patch = (emulator: Emulator, user: number, role: number) =>
  cloud(emulator, 'PATCH', `/groups/${groupId}/memberships/${user}`, { body: { role: rolePath(role) } });
const setRole = (emulator: Emulator, user: number, role: number) =>
  legacy(emulator, 'PATCH', `/groups.roblox.com/v1/groups/${groupId}/users/${user}`, { body: { roleId: role } });

test.each([
  ['a peer', userId.twin, roleId.private, [403, 4], [403, 'PERMISSION_DENIED']],
  ['the owner', userId.owner, roleId.private, [403, 4], [403, 'PERMISSION_DENIED']],
  ['oneself', userId.bot, roleId.private, [400, 23], [403, 'PERMISSION_DENIED']],
  ['somebody who is no member', userId.stranger, roleId.private, [400, 3], [404, 'NOT_FOUND']],
  ['a member, to one’s own role', userId.private, roleId.bot, [403, 4], [403, 'PERMISSION_DENIED']],
  ['a member, to the owner role', userId.private, roleId.owner, [403, 4], [400, 'INVALID_ARGUMENT']],
  ['a member, to the guest role', userId.private, roleId.guest, [400, 2], [400, 'INVALID_ARGUMENT']],
  ['a member, to a rank instead of a role', userId.private, 10, [400, 2], [404, 'NOT_FOUND']],
])('ranking %s is refused', async (_what, user, role, byCookie, byKey) => {
  const emulator = await emulate();
  const before = heldRoles(emulator, user);
  expect(refusal(await setRole(emulator, user, role))).toEqual(byCookie);
  expect(refusal(await assign(emulator, user, role))).toEqual(byKey);
  expect(refusal(await patch(emulator, user, role))).toEqual(byKey);
  expect(heldRoles(emulator, user)).toEqual(before);
});

test('without the permission nothing is ranked, however high one stands', async () => {
  const seed = smallSeed();
  const roles = seed.groups[0]?.roles.map((role) => ({ ...role, permissions: [] }));
  const emulator = await emulate({ ...seed, groups: [{ ...seed.groups[0], roles }] });
  expect(refusal(await setRole(emulator, userId.private, roleId.captain))).toEqual([403, 4]);
  expect(refusal(await assign(emulator, userId.private, roleId.captain))).toEqual([403, 'PERMISSION_DENIED']);
});

test('the owner’s key reaches everybody else', async () => {
  const seed = smallSeed();
  const emulator = await emulate({ ...seed, keys: [{ key: 'owners', ownerId: userId.owner }] });
  const reply = await cloud(emulator, 'POST', `/groups/${groupId}/memberships/${userId.bot}:assignRole`, {
    key: 'owners',
    body: { role: rolePath(roleId.captain) },
  });
  expect(reply.status).toBe(200);
});

test('the role one already has is code 26 with a cookie', async () => {
  expect(refusal(await setRole(await emulate(), userId.private, roleId.private))).toEqual([400, 26]);
});

test('assign and unassign add and take one role, and repeating them changes nothing', async () => {
  const emulator = await emulate();
  expect((await assign(emulator, userId.private, roleId.captain)).status).toBe(200);
  const updated = emulator.world.groups.get(groupId)?.members.get(userId.private)?.updated;
  expect((await assign(emulator, userId.private, roleId.captain)).status).toBe(200);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.private, roleId.captain]);
  expect(emulator.world.groups.get(groupId)?.members.get(userId.private)?.updated).toEqual(updated);

  expect((await assign(emulator, userId.private, roleId.private, 'unassignRole')).status).toBe(200);
  expect((await assign(emulator, userId.private, roleId.private, 'unassignRole')).status).toBe(200);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.captain]);
});

test('the base role cannot be taken away, and stays when everything else goes', async () => {
  const emulator = await emulate();
  expect(refusal(await assign(emulator, userId.private, roleId.base, 'unassignRole'))).toEqual([
    400,
    'INVALID_ARGUMENT',
  ]);
  await assign(emulator, userId.private, roleId.private, 'unassignRole');
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base]);
});

test('the cookie API shows the highest role only; with two roles of rank 1 not the base role', async () => {
  const emulator = await emulate();
  await assign(emulator, userId.private, roleId.captain);
  const roleOf = async (user: number) => {
    const { body } = await call(emulator, 'GET', `/groups.roblox.com/v2/users/${user}/groups/roles`);
    return (body as { data: { role: { id: number; rank: number } }[] }).data[0]?.role;
  };
  expect(await roleOf(userId.private)).toEqual({ id: roleId.captain, name: 'Captain', rank: 30 });
  expect(await roleOf(userId.visitor)).toEqual({ id: roleId.visitor, name: 'Visitor', rank: 1 });
  expect(heldRoles(emulator, userId.visitor)).toEqual([roleId.base, roleId.visitor]);
  expect(await roleOf(userId.stranger)).toBeUndefined();
});

test.each([
  ['replaceAll', [roleId.base, roleId.sergeant]],
  ['replaceHighest', [roleId.base, roleId.private, roleId.sergeant]],
] as const)('PATCH in the mode %s, through both APIs', async (patchMode, after) => {
  for (const change of [patch, setRole]) {
    const emulator = await emulate();
    await control(emulator, 'POST', 'behaviour', { patchMode });
    await assign(emulator, userId.private, roleId.captain);
    expect((await change(emulator, userId.private, roleId.sergeant)).status).toBe(200);
    expect(heldRoles(emulator, userId.private)).toEqual(after);
  }
});

test('an exiled member has no membership left, and a cached id of it is a 404', async () => {
  const emulator = await emulate();
  const exile = (user: number) => legacy(emulator, 'DELETE', `/groups.roblox.com/v1/groups/${groupId}/users/${user}`);
  expect(refusal(await exile(userId.twin))).toEqual([403, 4]);
  expect(refusal(await exile(userId.owner))).toEqual([403, 4]);
  expect((await exile(userId.private)).status).toBe(200);
  expect(heldRoles(emulator, userId.private)).toEqual([]);
  expect(refusal(await exile(userId.private))).toEqual([400, 3]);
  expect(refusal(await assign(emulator, userId.private, roleId.captain))).toEqual([404, 'NOT_FOUND']);
});

test('every change stands in the audit log, with the names a filter knows and the spelling of answers', async () => {
  const emulator = await emulate();
  await assign(emulator, userId.private, roleId.captain);
  await setRole(emulator, userId.private, roleId.sergeant);
  const log = (filter: string) =>
    legacy(emulator, 'GET', `/groups.roblox.com/v1/groups/${groupId}/audit-log?actionType=${filter}`);
  expect((await log('')).body).toMatchObject({ data: [{ actionType: 'Change Rank' }, { actionType: 'Assign Role' }] });
  expect((await log('ChangeRank')).body).toMatchObject({
    data: [
      {
        actor: { user: { userId: userId.bot }, role: { id: roleId.bot } },
        actionType: 'Change Rank',
        description: { TargetId: userId.private, OldRoleSetName: 'Captain', NewRoleSetId: roleId.sergeant },
      },
    ],
  });
});
