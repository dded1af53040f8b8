/** openblox calls Open Cloud with a key, on the emulator. Where it errs, the test says what it does instead. */

import { GroupsApi, InventoryApi, LegacyGroupsApi, UsersApi } from 'openblox/cloud';
import { createOpenbloxConfig, setDefaultOpenbloxConfig } from 'openblox/config';
import { HttpError } from 'openblox/http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import {
  apiKey,
  closeEmulators,
  crowdSize,
  emulateCompany,
  groupId,
  heldRoles,
  ownerKey,
  passId,
  readOnlyKey,
  roleId,
  rolesTotal,
  userId,
} from './company.ts';
import { redirectNoMore, redirectRobloxTo } from './redirect.ts';

let emulator: Emulator;

beforeEach(async () => {
  emulator = await emulateCompany();
  redirectRobloxTo(emulator.url);
  useKey(apiKey);
});
afterEach(async () => {
  redirectNoMore();
  await closeEmulators();
});

// Methods cannot be given a configuration of their own: they are bound to the default one.
const useKey = (cloudKey: string) => setDefaultOpenbloxConfig(createOpenbloxConfig({ cloudKey }));

/** `[status, code]` of a call that Roblox refuses. */
async function refusalOf(call: Promise<unknown>): Promise<[number, unknown]> {
  const error = await call.then(
    (value) => {
      throw new Error(`Nothing was refused: ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpError)) throw error;
  const { statusCode, body } = error.response;
  return [statusCode, body.code ?? body.errors?.[0]?.code];
}

test('the group', async () => {
  const { data } = await GroupsApi.groupInfo({ groupId });
  expect(data).toMatchObject({
    path: `groups/${groupId}`,
    id: String(groupId),
    displayName: 'Company',
    owner: `users/${userId.owner}`,
    memberCount: crowdSize + 7,
    publicEntryAllowed: false,
  });
  expect(data.createTime.getTime()).not.toBeNaN();
  expect(await refusalOf(GroupsApi.groupInfo({ groupId: 4 }))).toEqual([404, 'NOT_FOUND']);
});

test.each(['absent', 'empty'] as const)(
  'all roles over two pages, the last of which has an %s token',
  async (lastPageToken) => {
    emulator.world.behaviour.lastPageToken = lastPageToken;
    const sizes: number[] = [];
    const ids = new Set<string>();
    // A hundred is more than a page may hold, and cut without a word.
    for await (const page of await GroupsApi.groupRoles({ groupId, limit: 100 })) {
      sizes.push(page.data.length);
      for (const role of page.data) ids.add(String(role.id));
    }
    expect(sizes).toEqual([20, rolesTotal - 20]);
    expect(ids.size).toBe(rolesTotal);
    expect(ids).toContain(String(roleId.guest));
  },
);

test('one role, with more of it for the owner of the group', async () => {
  const ofBot = (await GroupsApi.groupRole({ groupId, roleId: roleId.private })).data;
  expect(ofBot).toMatchObject({ id: String(roleId.private), displayName: 'Private', rank: 10, memberCount: 1 });
  expect(ofBot.permissions).toBeUndefined();
  useKey(ownerKey);
  const ofOwner = (await GroupsApi.groupRole({ groupId, roleId: roleId.private })).data;
  expect(ofOwner).toMatchObject({ description: '', permissions: { changeRank: false } });
  expect(await refusalOf(GroupsApi.groupRole({ groupId, roleId: 10 }))).toEqual([404, 'NOT_FOUND']);
});

// Roblox gives the dates of a role to the owner alone; the library turns what is not there into a Date all the same.
test('to others a role has no valid dates', async () => {
  const [role] = (await GroupsApi.groupRoles({ groupId })).data;
  expect(role?.createTime.getTime()).toBeNaN();
  useKey(ownerKey);
  const [shown] = (await GroupsApi.groupRoles({ groupId })).data;
  expect(shown?.createTime.getTime()).not.toBeNaN();
});

test('memberships: all of them in pages, of one user, of one role, of several users in all groups', async () => {
  const users = new Set<string>();
  let pages = 0;
  for await (const page of await GroupsApi.groupMembers({ groupId, limit: 100 })) {
    pages += 1;
    for (const membership of page.data) users.add(membership.user);
  }
  expect([pages, users.size]).toEqual([2, crowdSize + 7]);

  const one = await GroupsApi.groupMembers({ groupId, filter: { userId: userId.captain } });
  expect(one.data).toMatchObject([
    {
      user: `users/${userId.captain}`,
      role: `groups/${groupId}/roles/${roleId.captain}`,
      createTime: expect.any(Date),
    },
  ]);
  expect((await GroupsApi.groupMembers({ groupId, filter: { userId: userId.stranger } })).data).toEqual([]);
  const bots = await GroupsApi.groupMembers({ groupId, filter: { roleId: roleId.bot } });
  expect(bots.data.map((membership) => membership.user)).toEqual([`users/${userId.bot}`, `users/${userId.peer}`]);
  const wanted: number[] = [userId.private, userId.captain, userId.stranger];
  const several = await GroupsApi.groupMembers({ groupId: '-', filter: { userIds: wanted } });
  expect(several.data.map((membership) => membership.path.split('/')[1])).toEqual([String(groupId), String(groupId)]);
});

test('a role is set, and what may not be set is refused', async () => {
  const set = (user: number, role: number) => GroupsApi.updateGroupMemberRole({ groupId, userId: user, roleId: role });
  const { data } = await set(userId.private, roleId.captain);
  expect(data).toMatchObject({
    user: `users/${userId.private}`,
    role: `groups/${groupId}/roles/${roleId.captain}`,
    roles: expect.arrayContaining([`groups/${groupId}/roles/${roleId.base}`]),
  });
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.captain]);
  expect(await refusalOf(set(userId.stranger, roleId.private))).toEqual([404, 'NOT_FOUND']);
  expect(await refusalOf(set(userId.peer, roleId.private))).toEqual([403, 'PERMISSION_DENIED']);
  expect(await refusalOf(set(userId.private, roleId.bot))).toEqual([403, 'PERMISSION_DENIED']);
  expect((await refusalOf(set(userId.private, roleId.owner)))[0]).toBe(400);
  // A rank where a role id is meant.
  expect(await refusalOf(set(userId.private, 20))).toEqual([404, 'NOT_FOUND']);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.captain]);
});

test('a membership id that Roblox gave out is as good as a user id', async () => {
  const [membership] = (await GroupsApi.groupMembers({ groupId, filter: { userId: userId.private } })).data;
  const id = membership?.path.split('/').at(-1) ?? '';
  expect(id).not.toBe(String(userId.private));
  // The library calls this parameter userId and puts it into the path as it is.
  await GroupsApi.updateGroupMemberRole({ groupId, userId: id as `${number}`, roleId: roleId.sergeant });
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.sergeant]);
});

test.each([
  ['replaceAll', [roleId.sergeant]],
  ['replaceHighest', [roleId.visitor, roleId.sergeant]],
] as const)('a role set over several, as %s', async (patchMode, held) => {
  emulator.world.behaviour.patchMode = patchMode;
  emulator.world.groups.get(groupId)?.members.get(userId.captain)?.roleIds.add(roleId.visitor);
  await GroupsApi.updateGroupMemberRole({ groupId, userId: userId.captain, roleId: roleId.sergeant });
  expect(heldRoles(emulator, userId.captain)).toEqual(held);
});

test('join requests are listed, filtered, accepted and declined', async () => {
  const list = async () => (await GroupsApi.groupJoinRequests({ groupId })).data.map((request) => request.user);
  expect(await list()).toEqual([
    `users/${userId.waiting}`,
    `users/${userId.alsoWaiting}`,
    `users/${userId.thirdWaiting}`,
  ]);
  const one = await GroupsApi.groupJoinRequests({ groupId, filter: { userId: userId.alsoWaiting } });
  expect(one.data).toEqual([
    {
      path: `groups/${groupId}/join-requests/${userId.alsoWaiting}`,
      createTime: expect.any(Date),
      user: `users/${userId.alsoWaiting}`,
    },
  ]);

  expect((await GroupsApi.acceptGroupJoinRequest({ groupId, userId: userId.waiting })).data).toBe(true);
  expect(heldRoles(emulator, userId.waiting)).toEqual([]);
  expect((await GroupsApi.declineGroupJoinRequest({ groupId, userId: userId.alsoWaiting })).data).toBe(true);
  expect(heldRoles(emulator, userId.alsoWaiting)).toBeNull();
  expect(await list()).toEqual([`users/${userId.thirdWaiting}`]);
  const again = GroupsApi.acceptGroupJoinRequest({ groupId, userId: userId.waiting });
  expect(await refusalOf(again)).toEqual([404, 'NOT_FOUND']);
});

test('a key that only reads is refused what writes, and an unknown one everything', async () => {
  useKey(readOnlyKey);
  expect((await GroupsApi.groupJoinRequests({ groupId })).data).toHaveLength(3);
  const write = GroupsApi.updateGroupMemberRole({ groupId, userId: userId.private, roleId: roleId.captain });
  expect((await refusalOf(write))[0]).toBe(403);
  expect((await refusalOf(GroupsApi.acceptGroupJoinRequest({ groupId, userId: userId.waiting })))[0]).toBe(403);
  useKey('nobody knows me');
  expect(await refusalOf(GroupsApi.groupRoles({ groupId }))).toEqual([401, 0]);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.private]);
});

test('a limit that is spent is a 429 with the documented headers', async () => {
  emulator.world.limits.perMinute = { cloudGetGroup: 1 };
  const { response } = await GroupsApi.groupInfo({ groupId });
  expect(response.headers.get('x-ratelimit-limit')).toMatch(/^\d+, \d+;w=60$/);
  expect(response.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(response.headers.get('x-ratelimit-reset')).toMatch(/^\d+$/);
  expect((await refusalOf(GroupsApi.groupInfo({ groupId })))[0]).toBe(429);
});

test('a user, a picture, and the passes somebody owns', async () => {
  const { data } = await UsersApi.userInfo({ userId: userId.private });
  expect(data).toMatchObject({ id: String(userId.private), name: 'private_user', displayName: 'The private' });
  const picture = await UsersApi.userThumbnail({ userId: userId.private, size: 150 });
  expect(picture.response.body).toMatchObject({ done: true, response: { imageUri: expect.stringContaining('http') } });

  const owned = (user: number) =>
    InventoryApi.inventoryItemsForUser({ userId: user, filter: { gamePassIds: [String(passId)] } });
  expect((await owned(userId.private)).data).toMatchObject([{ gamePassDetails: { gamePassId: String(passId) } }]);
  expect((await owned(userId.captain)).data).toEqual([]);
  expect(await refusalOf(owned(userId.secretive))).toEqual([403, 'PERMISSION_DENIED']);
});

test('shout, audit log and settings by key', async () => {
  // Taken out of its module first: called as a member of it, the library takes the module for its configuration.
  const { setGroupShout, groupAuditLogs, groupSettings } = LegacyGroupsApi;
  const { data } = await setGroupShout({ groupId, newShout: 'Gates open' });
  expect(data).toMatchObject({ body: 'Gates open', poster: { userId: userId.bot }, updated: expect.any(Date) });
  expect(await refusalOf(LegacyGroupsApi.setGroupShout({ groupId, newShout: 'Nobody says this' }))).toEqual([401, 0]);

  // The typings spell the filter as answers do, with a space; Roblox documents it without.
  const log = await groupAuditLogs({ groupId, actionType: 'PostStatus' as 'Post Status' });
  expect(log.data).toMatchObject([{ actionType: 'PostStatus', actor: { user: { userId: userId.bot } } }]);
  expect(await refusalOf(groupSettings({ groupId }))).toEqual([403, 23]);
  useKey(ownerKey);
  expect((await groupSettings({ groupId })).data).toMatchObject({ isApprovalRequired: true });
});

// Taken out of Roblox's reference in April 2026.
test('the shout cannot be read by key', async () => {
  expect((await refusalOf(GroupsApi.groupShout({ groupId })))[0]).toBe(404);
});
