import { afterEach, expect, test } from 'vitest';
import { call, closeAll, emulate, legacy, refusal } from './testing/calls.ts';
import { groupId, roleId, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const group = `/groups.roblox.com/v1/groups/${groupId}`;

test('an unknown group is a 400 with code 1, never a 404', async () => {
  expect(refusal(await call(await emulate(), 'GET', '/groups.roblox.com/v1/groups/999'))).toEqual([400, 1]);
});

test('lists go by cursors in both directions and end in null; bad cursors and limits are 400', async () => {
  const emulator = await emulate({
    ...smallSeed(),
    users: [...(smallSeed().users ?? []), ...Array.from({ length: 20 }, (_, i) => ({ id: 100 + i, name: `u${i}` }))],
    groups: smallSeed().groups.map((seeded) => ({
      ...seeded,
      members: Array.from({ length: 20 }, (_, index) => ({ userId: 100 + index })),
    })),
  });
  type Page = {
    previousPageCursor: string | null;
    nextPageCursor: string | null;
    data: { user: { userId: number } }[];
  };
  const page = async (query: string) => (await call(emulator, 'GET', `${group}/users?${query}`)).body as Page;
  const first = await page('limit=10');
  expect([first.data.length, first.previousPageCursor]).toEqual([10, null]);
  const second = await page(`limit=10&cursor=${first.nextPageCursor}`);
  const third = await page(`limit=10&cursor=${second.nextPageCursor}`);
  expect([third.data.length, third.nextPageCursor]).toEqual([1, null]);
  expect((await page(`limit=10&cursor=${third.previousPageCursor}`)).data).toEqual(second.data);
  expect((await page('limit=100&sortOrder=Desc')).data.at(-1)).toEqual(first.data[0]);

  expect(refusal(await call(emulator, 'GET', `${group}/users?cursor=nonsense`))).toEqual([400, 36]);
  expect(refusal(await call(emulator, 'GET', `${group}/users?sortOrder=Desc&cursor=${first.nextPageCursor}`))).toEqual([
    400, 36,
  ]);
  expect((await call(emulator, 'GET', `${group}/users?limit=30`)).status).toBe(400);
});

test('a hidden member list is a 403 with code 35 for outsiders, and open to members', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    groups: seed.groups.map((seeded) => ({ ...seeded, hiddenMemberList: true })),
  });
  expect(refusal(await call(emulator, 'GET', `${group}/users`))).toEqual([403, 35]);
  expect((await legacy(emulator, 'GET', `${group}/users`)).status).toBe(200);
});

test('a join request that does not exist is a 200 with null', async () => {
  const emulator = await emulate();
  const one = (user: number) => legacy(emulator, 'GET', `${group}/join-requests/users/${user}`);
  expect((await one(userId.waiting)).body).toMatchObject({
    requester: { userId: userId.waiting, username: 'waiting_user' },
  });
  expect(await one(userId.stranger)).toMatchObject({ status: 200, body: null, text: 'null' });
});

test('accept and decline: one by one and by UserIds, all or nothing', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    groups: seed.groups.map((seeded) => ({
      ...seeded,
      joinRequests: [{ userId: userId.waiting }, { userId: userId.stranger }],
    })),
  });
  const waiting = () => [...(emulator.world.groups.get(groupId)?.joinRequests.keys() ?? [])];
  const batch = `${group}/join-requests`;
  expect(refusal(await legacy(emulator, 'POST', batch, { body: { UserIds: [userId.waiting, 999] } }))).toEqual([
    400, 20,
  ]);
  expect(refusal(await legacy(emulator, 'POST', batch, { body: { userIds: [userId.waiting] } }))).toEqual([400, 3]);
  expect(waiting()).toEqual([userId.waiting, userId.stranger]);
  expect((await legacy(emulator, 'DELETE', batch, { body: { UserIds: [userId.stranger] } })).status).toBe(200);
  expect((await legacy(emulator, 'POST', `${batch}/users/${userId.waiting}`)).status).toBe(200);
  expect(waiting()).toEqual([]);
  expect(refusal(await legacy(emulator, 'POST', `${batch}/users/${userId.waiting}`))).toEqual([400, 20]);
  expect(emulator.world.groups.get(groupId)?.members.has(userId.waiting)).toBe(true);
  expect(emulator.world.groups.get(groupId)?.members.has(userId.stranger)).toBe(false);
});

test('a banned member is gone and cannot come back until unbanned', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    sessions: [...(seed.sessions ?? []), { cookie: 'private', userId: userId.private }],
  });
  const ban = (method: string, user: number) => legacy(emulator, method, `${group}/bans/${user}`);
  const comeBack = () => legacy(emulator, 'POST', `${group}/users`, { cookie: 'private' });
  expect(refusal(await ban('POST', userId.owner))).toEqual([400, 31]);
  expect(refusal(await ban('POST', userId.twin))).toEqual([403, 19]);
  expect(refusal(await ban('POST', userId.stranger))).toEqual([404, 15]);
  expect(refusal(await comeBack())).toEqual([409, 8]);

  expect((await ban('POST', userId.private)).body).toMatchObject({ user: { userId: userId.private } });
  expect(refusal(await ban('POST', userId.private))).toEqual([400, 28]);
  expect(emulator.world.groups.get(groupId)?.members.has(userId.private)).toBe(false);
  expect((await legacy(emulator, 'GET', `${group}/bans`)).body).toMatchObject({
    data: [{ user: { userId: userId.private } }],
  });
  expect(refusal(await comeBack())).toEqual([403, 14]);

  expect((await ban('DELETE', userId.private)).status).toBe(200);
  expect(refusal(await ban('DELETE', userId.private))).toEqual([400, 29]);
  expect((await comeBack()).status).toBe(200);
  expect(emulator.world.groups.get(groupId)?.joinRequests.has(userId.private)).toBe(true);
});

test('the view of oneself names rank and permissions', async () => {
  expect((await legacy(await emulate(), 'GET', `${group}/membership`)).body).toMatchObject({
    groupId,
    isOwner: false,
    userRole: { user: { userId: userId.bot }, role: { id: roleId.bot, rank: 40 } },
    permissions: {
      groupPostsPermissions: { postToStatus: true },
      groupForumsPermissions: { viewForums: false },
      groupContentModerationPermissions: { viewBlockedWords: false },
      groupMembershipPermissions: { changeRank: true, inviteMembers: true, removeMembers: true, banMembers: true },
    },
  });
});

test('usernames are found whatever their case, former ones too, and unknown ones are left out', async () => {
  const emulator = await emulate({ users: [{ id: 5, name: 'Builder', formerNames: ['Shedletsky'] }] });
  const body = { usernames: ['BUILDER', 'shedletsky', 'nobody'], excludeBannedUsers: false };
  const reply = await call(emulator, 'POST', '/users.roblox.com/v1/usernames/users', { body });
  expect(reply.body).toMatchObject({
    data: [
      { requestedUsername: 'BUILDER', id: 5, name: 'Builder' },
      { requestedUsername: 'shedletsky', id: 5, name: 'Builder' },
    ],
  });
  expect(refusal(await call(emulator, 'GET', '/users.roblox.com/v1/users/6'))).toEqual([404, 3]);
});

test('nobody has a primary group, which is a 200 with null', async () => {
  const emulator = await emulate();
  const primary = (user: number) => call(emulator, 'GET', `/groups.roblox.com/v1/users/${user}/groups/primary/role`);
  expect(await primary(userId.private)).toMatchObject({ status: 200, text: 'null' });
  expect(refusal(await primary(999))).toEqual([400, 4]);
});

test('a picture is refused for its size, its format and its shape', async () => {
  const emulator = await emulate();
  const picture = (query: string) => call(emulator, 'GET', `/thumbnails.roblox.com/v1/users/avatar-headshot?${query}`);
  expect((await picture('userIds=2&size=150x150&format=Png&isCircular=false')).status).toBe(200);
  expect(refusal(await picture('userIds=2&format=Gif'))).toEqual([400, 2]);
  expect(refusal(await picture('userIds=2&size=1x2'))).toEqual([400, 3]);
  expect(refusal(await picture('userIds=2&isCircular=perhaps'))).toEqual([400, 10]);
});
