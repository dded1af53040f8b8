/** Every endpoint of roblox-api.md that is played, one question that it answers well, and what the answer is made of. */
import { apiKey, groupId, passId, roleId, userId } from './company.ts';
import {
  account,
  ban,
  cloudGroup,
  cloudJoinRequest,
  cloudPage,
  cloudRole,
  cloudRoleToOwner,
  cloudUser,
  group,
  image,
  joinRequest,
  keyDescription,
  membership,
  ownedPass,
  page,
  permissionGroups,
  rankChangeEntry,
  role,
  settings,
  shout,
  user,
} from './documented-objects.ts';
import { either, type Shape } from './shapes.ts';
import type { Question } from './walk.ts';

export type Documented = Question & { readonly section: string; readonly answer: Shape; readonly after?: Question };

const cloud = 'apis.roblox.com/cloud/v2';
const legacyOnCloud = 'apis.roblox.com/legacy-groups/v1';
const groups = 'groups.roblox.com';
const users = 'users.roblox.com';
const inventory = 'inventory.roblox.com';
const thumbnails = 'thumbnails.roblox.com';
const auth = 'auth.roblox.com';

const captain = { role: `groups/${groupId}/roles/${roleId.captain}` };
const nothing: Shape = {};
/** Puts a rank change into the audit log. */
const rankChange: Question = {
  call: `PATCH ${groups}/v1/groups/{G}/users/{U}`,
  as: 'bot cookie',
  body: { roleId: roleId.captain },
};
const changesOfRank = { actionType: 'ChangeRank' };

const row = (
  section: string,
  as: Question['as'],
  call: string,
  answer: Shape,
  more: Omit<Partial<Documented>, 'section' | 'as' | 'call' | 'answer'> = {},
): Documented => ({ section, as, call, answer, ...more });

const openCloud: readonly Documented[] = [
  row('4.1', 'bot key', `GET ${cloud}/groups/{G}`, cloudGroup),
  row('4.2', 'bot key', `GET ${cloud}/groups/{G}/roles`, cloudPage('groupRoles', cloudRole)),
  row('4.2', 'owner key', `GET ${cloud}/groups/{G}/roles`, cloudPage('groupRoles', cloudRoleToOwner)),
  row('4.2', 'bot key', `GET ${cloud}/groups/{G}/roles/{R}`, cloudRole),
  row('4.2', 'owner key', `GET ${cloud}/groups/{G}/roles/{R}`, cloudRoleToOwner),
  row('4.3', 'bot key', `GET ${cloud}/groups/{G}/memberships`, cloudPage('groupMemberships', membership)),
  row('4.3', 'bot key', `GET ${cloud}/groups/{G}/memberships`, cloudPage('groupMemberships', membership), {
    query: { filter: `user == 'users/${userId.private}'` },
  }),
  row('4.3', 'bot key', `GET ${cloud}/groups/{G}/memberships`, cloudPage('groupMemberships', membership), {
    query: { filter: `role=='groups/${groupId}/roles/${roleId.captain}'` },
  }),
  row('4.3', 'bot key', `GET ${cloud}/groups/{G}/memberships`, cloudPage('groupMemberships', membership), {
    where: { G: '-' },
    query: { filter: `user in ['users/${userId.private}','users/${userId.captain}']` },
  }),
  row('4.4', 'bot key', `PATCH ${cloud}/groups/{G}/memberships/{M}`, membership, { body: captain }),
  row('4.5', 'bot key', `POST ${cloud}/groups/{G}/memberships/{M}:assignRole`, membership, { body: captain }),
  row('4.5', 'bot key', `POST ${cloud}/groups/{G}/memberships/{M}:unassignRole`, membership, { body: captain }),
  row('4.6', 'bot key', `GET ${cloud}/groups/{G}/join-requests`, cloudPage('groupJoinRequests', cloudJoinRequest)),
  row('4.6', 'bot key', `POST ${cloud}/groups/{G}/join-requests/{U}:accept`, nothing, { where: { U: userId.waiting } }),
  row('4.6', 'bot key', `POST ${cloud}/groups/{G}/join-requests/{U}:decline`, nothing, {
    where: { U: userId.waiting },
  }),
  row('5.1', 'bot key', `GET ${cloud}/users/{U}`, cloudUser),
  row('5.2', 'bot key', `GET ${cloud}/users/{U}:generateThumbnail`, {
    path: 'string',
    done: 'boolean',
    response: { '@type': 'string', imageUri: 'string' },
  }),
  row('5.3', 'bot key', `GET ${cloud}/users/{U}/inventory-items`, cloudPage('inventoryItems', ownedPass), {
    query: { filter: `gamePassIds=${passId}` },
  }),
  row('6', 'bot key', `PATCH ${legacyOnCloud}/groups/{G}/status`, shout, { body: { message: 'Hello' } }),
  row('6', 'bot key', `GET ${legacyOnCloud}/groups/{G}/audit-log`, page(rankChangeEntry), {
    after: rankChange,
    query: changesOfRank,
  }),
  row('6', 'owner key', `GET ${legacyOnCloud}/groups/{G}/settings`, settings),
  row('7', 'nobody', 'POST apis.roblox.com/api-keys/v1/introspect', keyDescription, { body: { apiKey } }),
];

const permissionsOfRole: Shape = { groupId: 'number', role, permissions: permissionGroups };
const legacyGroups: readonly Documented[] = [
  row('11.1', 'nobody', `GET ${groups}/v1/groups/{G}`, group),
  row(
    '11.1',
    'nobody',
    `GET ${groups}/v2/groups`,
    {
      data: [
        {
          id: 'number',
          name: 'string',
          description: 'string',
          owner: { id: 'number', type: 'string', name: 'string' },
          memberCount: 'number',
          created: 'time',
          hasVerifiedBadge: 'boolean',
        },
      ],
    },
    { query: { groupIds: `${groupId},4` } },
  ),
  row('11.2', 'nobody', `GET ${groups}/v1/groups/{G}/roles`, { groupId: 'number', roles: [role] }),
  row(
    '11.2',
    'nobody',
    `GET ${groups}/v1/roles`,
    { data: [{ groupId: 'number', ...role }] },
    { query: { ids: `${roleId.private},${roleId.base}` } },
  ),
  row('11.3', 'nobody', `GET ${groups}/v1/groups/{G}/users`, page({ user, role })),
  row('11.3', 'nobody', `GET ${groups}/v1/groups/{G}/roles/{R}/users`, page(user)),
  row('11.4', 'nobody', `GET ${groups}/v1/users/{U}/groups/roles`, {
    data: [
      {
        group,
        role,
        'isPrimaryGroup?': 'boolean',
        'isNotificationsEnabled?': 'boolean',
        'notificationPreferences?': 'anything',
      },
    ],
  }),
  row('11.4', 'nobody', `GET ${groups}/v2/users/{U}/groups/roles`, {
    data: [
      {
        group: { id: 'number', name: 'string', memberCount: 'number', hasVerifiedBadge: 'boolean' },
        role: { id: 'number', name: 'string', rank: 'number' },
        '…': 'anything',
      },
    ],
  }),
  row('11.4', 'nobody', `GET ${groups}/v1/users/{U}/groups/primary/role`, 'null'),
  row('11.5', 'bot cookie', `PATCH ${groups}/v1/groups/{G}/users/{U}`, nothing, { body: { roleId: roleId.captain } }),
  row('11.6', 'bot cookie', `DELETE ${groups}/v1/groups/{G}/users/{U}`, nothing),
  row('11.7', 'bot cookie', `GET ${groups}/v1/groups/{G}/join-requests`, page(joinRequest)),
  row('11.7', 'bot cookie', `GET ${groups}/v1/groups/{G}/join-requests/users/{U}`, joinRequest, {
    where: { U: userId.waiting },
  }),
  row('11.7', 'bot cookie', `GET ${groups}/v1/groups/{G}/join-requests/users/{U}`, 'null'),
  row('11.7', 'bot cookie', `POST ${groups}/v1/groups/{G}/join-requests/users/{U}`, nothing, {
    where: { U: userId.waiting },
  }),
  row('11.7', 'bot cookie', `DELETE ${groups}/v1/groups/{G}/join-requests/users/{U}`, nothing, {
    where: { U: userId.waiting },
  }),
  row('11.7', 'bot cookie', `POST ${groups}/v1/groups/{G}/join-requests`, nothing, {
    body: { UserIds: [userId.waiting, userId.alsoWaiting] },
  }),
  row('11.7', 'bot cookie', `DELETE ${groups}/v1/groups/{G}/join-requests`, nothing, {
    body: { UserIds: [userId.waiting, userId.alsoWaiting] },
  }),
  row('11.8', 'bot cookie', `PATCH ${groups}/v1/groups/{G}/status`, shout, { body: { message: 'Hello' } }),
  row('11.9', 'bot cookie', `GET ${groups}/v1/groups/{G}/bans`, page(ban)),
  row('11.9', 'bot cookie', `GET ${groups}/v1/groups/{G}/bans/{U}`, ban, { where: { U: userId.banned } }),
  row('11.9', 'bot cookie', `POST ${groups}/v1/groups/{G}/bans/{U}`, ban),
  row('11.9', 'bot cookie', `DELETE ${groups}/v1/groups/{G}/bans/{U}`, nothing, { where: { U: userId.banned } }),
  row('11.10', 'bot cookie', `GET ${groups}/v1/groups/{G}/membership`, {
    groupId: 'number',
    isPrimary: 'boolean',
    isPendingJoin: 'boolean',
    userRole: { user, role },
    permissions: permissionGroups,
    canConfigure: 'boolean',
    isBannedFromGroup: 'boolean',
    canViewMemberList: 'boolean',
    isOwner: 'boolean',
    '…': 'anything',
  }),
  row('11.11', 'nobody', `GET ${groups}/v1/groups/metadata`, {
    groupLimit: 'number',
    currentGroupCount: 'number',
    groupStatusMaxLength: 'number',
    areGroupBansEnabled: 'boolean',
    '…': 'anything',
  }),
  row('11.11', 'nobody', `GET ${groups}/v1/groups/configuration/metadata`, {
    roleConfiguration: {
      nameMaxLength: 'number',
      descriptionMaxLength: 'number',
      limit: 'number',
      cost: 'number',
      minRank: 'number',
      maxRank: 'number',
    },
    '…': 'anything',
  }),
  row('11.11', 'bot cookie', `GET ${groups}/v1/groups/{G}/audit-log`, page(rankChangeEntry), {
    after: rankChange,
    query: changesOfRank,
  }),
  row('11.11', 'owner cookie', `GET ${groups}/v1/groups/{G}/settings`, settings),
  row('11.11', 'bot cookie', `GET ${groups}/v1/groups/{G}/roles/{R}/permissions`, permissionsOfRole, {
    where: { R: roleId.bot },
  }),
  // What the answer holds is not written down; that the join is asked for is.
  row('11.13', 'stranger cookie', `POST ${groups}/v1/groups/{G}/users`, 'anything'),
];

const found: Shape = { data: [account] };
const legacyOthers: readonly Documented[] = [
  row('12.1', 'bot cookie', `GET ${users}/v1/users/authenticated`, {
    id: 'number',
    name: 'string',
    displayName: 'string',
  }),
  row('12.1', 'nobody', `GET ${users}/v1/users/{U}`, {
    description: 'string',
    created: 'time',
    isBanned: 'boolean',
    externalAppDisplayName: 'null',
    ...account,
  }),
  row('12.1', 'nobody', `POST ${users}/v1/users`, found, {
    body: { userIds: [userId.private, userId.captain], excludeBannedUsers: false },
  }),
  row(
    '12.1',
    'nobody',
    `POST ${users}/v1/usernames/users`,
    { data: [{ requestedUsername: 'string', ...account }] },
    { body: { usernames: ['PRIVATE_USER', 'once_called'], excludeBannedUsers: false } },
  ),
  row('12.1', 'nobody', `GET ${users}/v1/users/{U}/username-history`, page({ name: 'string' })),
  row('12.2', 'nobody', `GET ${inventory}/v1/users/{U}/items/{type}/{id}/is-owned`, 'boolean'),
  row(
    '12.2',
    'nobody',
    `GET ${inventory}/v1/users/{U}/items/{type}/{id}`,
    page({ id: 'number', name: 'string', type: 'string', instanceId: either('number', 'null') }),
  ),
  row('12.2', 'nobody', `GET ${inventory}/v1/users/{U}/can-view-inventory`, { canView: 'boolean' }),
  row(
    '12.3',
    'nobody',
    `GET ${thumbnails}/v1/users/avatar-headshot`,
    { data: [image] },
    { query: { userIds: `${userId.private},99`, size: '150x150', format: 'Png', isCircular: 'false' } },
  ),
  row(
    '12.3',
    'nobody',
    `GET ${thumbnails}/v1/groups/icons`,
    { data: [image] },
    { query: { groupIds: `${groupId},4`, size: '150x150', format: 'Png', isCircular: 'false' } },
  ),
  // Neither answer's contents are written down.
  row('12.4', 'bot cookie', `POST ${auth}/v2/logout`, 'anything'),
  row('12.4', 'bot cookie', `POST ${auth}/v1/session/refresh`, 'anything'),
];

export const documentedAnswers: readonly Documented[] = [...openCloud, ...legacyGroups, ...legacyOthers];
