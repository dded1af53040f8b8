import { afterEach, expect, test } from 'vitest';
import { closeAll, cloud, control, emulate, legacy, refusal } from './testing/calls.ts';
import { cookie, groupId, roleId, rolePath, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const members = `/groups/${groupId}/memberships`;
const filtered = (filter: string) => `${members}?filter=${encodeURIComponent(filter)}`;

/** A group with `roles` roles besides guest, base and owner, and `crowd` members besides the owner and the bot. */
function bigSeed(roles: number, crowd: number, lastPageToken: 'absent' | 'empty') {
  const seed = smallSeed();
  const [group] = seed.groups;
  const ids = Array.from({ length: crowd }, (_, index) => 1_000 + index);
  return {
    ...seed,
    users: [...(seed.users ?? []), ...ids.map((id) => ({ id, name: `crowd_${id}` }))],
    groups: [
      {
        ...group,
        id: groupId,
        name: 'Big',
        lastPageToken,
        roles: Array.from({ length: roles }, (_, index) => ({
          id: 900_000 + index,
          name: `R${index}`,
          rank: index + 2,
        })),
        members: ids.map((id) => ({ userId: id })),
      },
    ],
  };
}

test('one object has two shapes: text ids and paths here, numbers there', async () => {
  const emulator = await emulate();
  expect((await cloud(emulator, 'GET', `/groups/${groupId}/roles/${roleId.private}`)).body).toMatchObject({
    path: rolePath(roleId.private),
    id: String(roleId.private),
    displayName: 'Private',
    rank: 10,
    memberCount: 1,
  });
  const { body } = await legacy(emulator, 'GET', `/groups.roblox.com/v1/groups/${groupId}/roles`);
  const { roles } = body as { roles: object[] };
  expect(roles).toContainEqual({ id: roleId.private, name: 'Private', description: null, rank: 10, memberCount: 1 });
  expect(roles).toContainEqual(expect.objectContaining({ id: roleId.base, rank: 1, isBase: true }));
  expect(roles).toContainEqual(expect.objectContaining({ id: roleId.guest, rank: 0, memberCount: 0 }));
});

test('role pages hold 20, however many are asked for, and the guest role has no member count', async () => {
  const emulator = await emulate(bigSeed(35, 0, 'absent'));
  const first = (await cloud(emulator, 'GET', `/groups/${groupId}/roles?maxPageSize=100`)).body as Page;
  expect(first.groupRoles).toHaveLength(20);
  const second = (
    await cloud(emulator, 'GET', `/groups/${groupId}/roles?maxPageSize=100&pageToken=${first.nextPageToken}`)
  ).body as Page;
  expect(second.groupRoles).toHaveLength(18);
  const all = [...(first.groupRoles ?? []), ...(second.groupRoles ?? [])] as { id: string; rank: number }[];
  expect(new Set(all.map((role) => role.id)).size).toBe(38);
  expect(all.find((role) => role.rank === 0)).not.toHaveProperty('memberCount');
});

type Page = { groupRoles?: unknown[]; groupMemberships?: { user: string }[]; nextPageToken?: string };

test.each(['absent', 'empty'] as const)('the last page token can be %s', async (lastPageToken) => {
  const emulator = await emulate(bigSeed(3, 0, lastPageToken));
  const ending = async () => ((await cloud(emulator, 'GET', `/groups/${groupId}/roles`)).body as Page).nextPageToken;
  expect(await ending()).toBe(lastPageToken === 'absent' ? undefined : '');
  await control(emulator, 'POST', 'behaviour', { lastPageToken: lastPageToken === 'absent' ? 'empty' : 'absent' });
  expect(await ending()).toBe(lastPageToken === 'absent' ? '' : undefined);
});

test('membership pages hold 10 unless asked, 100 at most, and lead through everybody once', async () => {
  const emulator = await emulate(bigSeed(1, 240, 'absent'));
  expect(((await cloud(emulator, 'GET', members)).body as Page).groupMemberships).toHaveLength(10);
  const seen: string[] = [];
  const sizes: number[] = [];
  let token: string | undefined = '';
  while (token !== undefined) {
    const page: Page = (await cloud(emulator, 'GET', `${members}?maxPageSize=500&pageToken=${token}`)).body as Page;
    sizes.push(page.groupMemberships?.length ?? 0);
    seen.push(...(page.groupMemberships ?? []).map((member) => member.user));
    token = page.nextPageToken;
  }
  expect(sizes).toEqual([100, 100, 41]);
  expect(new Set(seen).size).toBe(241);
});

test('a page token with another filter, or made up, is a 400', async () => {
  const emulator = await emulate(bigSeed(1, 30, 'absent'));
  const { nextPageToken } = (await cloud(emulator, 'GET', members)).body as Page;
  const filter = encodeURIComponent(`role == '${rolePath(groupId * 1000 + 1)}'`);
  expect((await cloud(emulator, 'GET', `${members}?pageToken=${nextPageToken}`)).status).toBe(200);
  expect(refusal(await cloud(emulator, 'GET', `${members}?pageToken=${nextPageToken}&filter=${filter}`))).toEqual([
    400,
    'INVALID_ARGUMENT',
  ]);
  expect(refusal(await cloud(emulator, 'GET', `${members}?pageToken=abc`))).toEqual([400, 'INVALID_ARGUMENT']);
});

test('filters find one user, the holders of a role, and many users over all groups', async () => {
  const emulator = await emulate();
  const found = async (path: string) =>
    ((await cloud(emulator, 'GET', path)).body as Page).groupMemberships?.map((member) => member.user);
  expect(await found(filtered(`user == 'users/${userId.private}'`))).toEqual([`users/${userId.private}`]);
  expect(await found(filtered(`user=='users/${userId.private}'`))).toEqual([`users/${userId.private}`]);
  expect(await found(filtered(`role == '${rolePath(roleId.bot)}'`))).toEqual([
    `users/${userId.bot}`,
    `users/${userId.twin}`,
  ]);
  const anywhere = `/groups/-/memberships?filter=${encodeURIComponent(`user in ['users/${userId.bot}','users/${userId.stranger}']`)}`;
  expect(await found(anywhere)).toEqual([`users/${userId.bot}`]);
});

test.each([`user = 'users/1'`, `user == users/1`, `rank == 3`, `role == '10'`, `user in ['users/1']`])(
  'the filter %s is a 400',
  async (filter) => {
    expect(refusal(await cloud(await emulate(), 'GET', filtered(filter)))).toEqual([400, 'INVALID_ARGUMENT']);
  },
);

test('somebody who is no member is an empty 200, not a 404', async () => {
  const emulator = await emulate();
  expect(await cloud(emulator, 'GET', filtered(`user == 'users/${userId.stranger}'`))).toMatchObject({
    status: 200,
    body: { groupMemberships: [], nextPageToken: '' },
  });
});

test('a membership shows its highest role and all roles, and answers to its opaque id', async () => {
  const emulator = await emulate();
  const { body } = await cloud(emulator, 'POST', `${members}/${userId.private}:assignRole`, {
    body: { role: rolePath(roleId.captain) },
  });
  expect(body).toMatchObject({ user: `users/${userId.private}`, role: rolePath(roleId.captain) });
  const { path, roles } = body as { path: string; roles: string[] };
  expect(roles.sort()).toEqual([roleId.base, roleId.private, roleId.captain].map(rolePath));
  const id = path.split('/').at(-1);
  expect(id).toBe(Buffer.from(String(userId.private)).toString('base64url'));
  const again = await cloud(emulator, 'POST', `${members}/${id}:unassignRole`, {
    body: { role: rolePath(roleId.captain) },
  });
  expect(again.body).toMatchObject({ role: rolePath(roleId.private) });
});

test.each([
  ['a bare role id', { role: String(roleId.private) }],
  ['a number', { role: roleId.private }],
  ['no role', {}],
  ['a role of another group', { role: `groups/51/roles/${roleId.private}` }],
  ['no JSON', 'role=1'],
])('assigning %s is a 400', async (_what, body) => {
  const emulator = await emulate();
  const reply = await cloud(emulator, 'POST', `${members}/${userId.private}:assignRole`, { body });
  expect(refusal(reply)).toEqual([400, 'INVALID_ARGUMENT']);
  if (body !== 'role=1' && typeof body === 'object' && 'role' in body && String(body.role) === String(roleId.private)) {
    expect(reply.text).toContain(String(roleId.private));
  }
});

test('permissions of a role are seen by its holders, descriptions by the owner, those of guests by all', async () => {
  const seed = smallSeed();
  const emulator = await emulate({ ...seed, keys: [...(seed.keys ?? []), { key: 'owners', ownerId: userId.owner }] });
  const role = async (id: number, key?: string) =>
    (await cloud(emulator, 'GET', `/groups/${groupId}/roles/${id}`, key === undefined ? {} : { key })).body;
  expect(await role(roleId.bot)).toHaveProperty('permissions.changeRank', true);
  expect(await role(roleId.captain)).not.toHaveProperty('permissions');
  expect(await role(roleId.guest)).toHaveProperty('permissions.changeRank', false);
  expect(await role(roleId.captain, 'owners')).toMatchObject({ description: '', permissions: { changeRank: false } });
});

test('join requests: listed 20 a page, accepted and declined with a JSON body, by POST alone', async () => {
  const emulator = await emulate();
  const requests = `/groups/${groupId}/join-requests`;
  const filter = encodeURIComponent(`user == 'users/${userId.waiting}'`);
  expect((await cloud(emulator, 'GET', `${requests}?filter=${filter}`)).body).toMatchObject({
    groupJoinRequests: [{ path: `groups/${groupId}/join-requests/${userId.waiting}`, user: `users/${userId.waiting}` }],
  });
  const one = `${requests}/${userId.waiting}`;
  for (const body of [undefined, [], 'yes', 'null']) {
    const extra = body === undefined ? {} : { body };
    expect(refusal(await cloud(emulator, 'POST', `${one}:accept`, extra))).toEqual([400, 'INVALID_ARGUMENT']);
  }
  expect(refusal(await cloud(emulator, 'DELETE', `${one}:decline`))).toEqual([404, 'NOT_FOUND']);
  expect(emulator.world.groups.get(groupId)?.joinRequests.size).toBe(1);
  expect(await cloud(emulator, 'POST', `${one}:accept`, { body: {} })).toMatchObject({ status: 200, body: {} });
  expect(refusal(await cloud(emulator, 'POST', `${one}:accept`, { body: {} }))).toEqual([404, 'NOT_FOUND']);
  expect((await cloud(emulator, 'GET', filtered(`user == 'users/${userId.waiting}'`))).body).toMatchObject({
    groupMemberships: [{ role: rolePath(roleId.base), roles: [rolePath(roleId.base)] }],
  });
});

test('an unknown group is a 404 here, a malformed id a 400, and a cookie opens nothing', async () => {
  const emulator = await emulate();
  expect(refusal(await cloud(emulator, 'GET', '/groups/999'))).toEqual([404, 'NOT_FOUND']);
  expect(refusal(await cloud(emulator, 'GET', '/groups/abc'))).toEqual([400, 'INVALID_ARGUMENT']);
  expect(refusal(await legacy(emulator, 'GET', `/apis.roblox.com/cloud/v2/groups/${groupId}`, { cookie }))).toEqual([
    401, 0,
  ]);
});
