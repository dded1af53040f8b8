/** The cookie API's group reads and its own view of the calling account (roblox-api.md 11.1 to 11.4, 11.10, 11.11). */
import { type Answer, legacyRefusal, ok } from './answer.ts';
import { actorOf, type Call, type Handler, idIn } from './call.ts';
import { legacyGroup, legacyTarget, shownGroup, shownRole, shownRoleShortly, shownUser } from './legacy-objects.ts';
import { legacyPage } from './legacy-paging.ts';
import { viewOf } from './stale-view.ts';
import {
  type Group,
  guestRole,
  highestRole,
  holderCounts,
  may,
  type Permission,
  type Role,
  type World,
} from './world.ts';

const idsMax = 100;

const getGroup: Handler = (call): Answer => ok(shownGroup(call, legacyGroup(call)));

const listGroups: Handler = (call): Answer => {
  const groups = idsIn(call.query.get('groupIds'), 3, 2).flatMap((id) => call.world.groups.get(id) ?? []);
  return ok({
    data: groups.map((group) => ({
      id: group.id,
      name: group.name,
      description: group.description,
      owner:
        group.ownerId === null ? null : { id: group.ownerId, type: 'User', name: nameOf(call.world, group.ownerId) },
      memberCount: group.members.size,
      created: group.created,
      hasVerifiedBadge: group.isVerified,
    })),
  });
};

const listRoles: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const holders = holderCounts(group);
  const isOwner = call.caller.userId === group.ownerId;
  return ok({ groupId: group.id, roles: [...group.roles.values()].map((role) => shownRole(role, holders, isOwner)) });
};

const findRoles: Handler = (call): Answer => {
  const wanted = idsIn(call.query.get('ids'), 1, 2);
  const data = [...call.world.groups.values()].flatMap((group) =>
    [...group.roles.values()]
      .filter((role) => wanted.includes(role.id))
      .map((role) => ({ groupId: group.id, ...shownRole(role, holderCounts(group)) })),
  );
  return ok({ data });
};

const listRolePermissions: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const role = group.roles.get(idIn(call.params['roleId']) ?? 0);
  if (role === undefined) throw legacyRefusal(400, 2, 'The role is invalid or does not exist.');
  const actorId = actorOf(call);
  if (actorId !== group.ownerId && !group.members.get(actorId)?.roleIds.has(role.id)) {
    throw legacyRefusal(403, 3, 'You do not have permission to view this role.');
  }
  const permissions = permissionGroups((permission) => role.permissions.has(permission));
  return ok({ groupId: group.id, role: shownRole(role, holderCounts(group)), permissions });
};

const listGroupUsers: Handler = (call): Answer => {
  const group = visibleMembers(call);
  const holders = holderCounts(group);
  const page = legacyPage(call, `${group.id} users`, [...viewOf(group, call.asOf).members.values()]);
  const data = page.data.map((member) => ({
    user: shownUser(call.world, member.userId),
    role: shownRole(highestRole(group, member), holders),
  }));
  return ok({ ...page, data });
};

const listRoleUsers: Handler = (call): Answer => {
  const group = visibleMembers(call);
  const roleId = idIn(call.params['roleId']) ?? 0;
  if (!group.roles.has(roleId)) throw legacyRefusal(403, 2, 'The role is invalid or does not exist.');
  const holding = [...viewOf(group, call.asOf).members.values()].filter((member) => member.roleIds.has(roleId));
  const page = legacyPage(call, `${group.id} ${roleId} users`, holding);
  return ok({ ...page, data: page.data.map((member) => shownUser(call.world, member.userId)) });
};

/** The group, unless its member list is hidden from this caller. */
function visibleMembers(call: Call): Group {
  const group = legacyGroup(call);
  const isMember = call.caller.userId !== null && group.members.has(call.caller.userId);
  if (group.hiddenMemberList && !isMember) throw legacyRefusal(403, 35, 'The member list is hidden.');
  return group;
}

/** One role a group, the highest; a group that is missing means "not a member". */
function userGroups(show: (call: Call, group: Group, role: Role) => object): Handler {
  return (call) => {
    const userId = legacyTarget(call);
    const data = [...call.world.groups.values()].flatMap((group) => {
      const member = viewOf(group, call.asOf).members.get(userId);
      return member === undefined ? [] : [show(call, group, highestRole(group, member))];
    });
    return ok({ data });
  };
}

const listUserGroups = userGroups((_call, group, role) => ({
  group: { id: group.id, name: group.name, memberCount: group.members.size, hasVerifiedBadge: group.isVerified },
  role: shownRoleShortly(role),
}));

const listUserGroupsV1 = userGroups((call, group, role) => ({
  group: shownGroup(call, group),
  role: shownRole(role, holderCounts(group)),
}));

/** Nobody has chosen a primary group here, and Roblox says so with `null`. */
const getPrimaryGroup: Handler = (call): Answer => {
  legacyTarget(call, 4);
  return ok(null);
};

const getOwnMembership: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const userId = actorOf(call);
  const member = viewOf(group, call.asOf).members.get(userId);
  const role = member === undefined ? guestRole(group) : highestRole(group, member);
  return ok({
    groupId: group.id,
    isPrimary: false,
    isPendingJoin: group.joinRequests.has(userId),
    userRole: { user: shownUser(call.world, userId), role: shownRole(role, holderCounts(group)) },
    permissions: permissionGroups((permission) => may(group, userId, permission)),
    canConfigure: userId === group.ownerId,
    isBannedFromGroup: group.bans.has(userId),
    canViewMemberList: !group.hiddenMemberList || member !== undefined,
    isOwner: userId === group.ownerId,
  });
};

/** Permissions under the names of the cookie API. */
function permissionGroups(has: (permission: Permission) => boolean): object {
  return {
    groupPostsPermissions: {
      viewWall: has('viewWallPosts'),
      postToWall: has('createWallPosts'),
      deleteFromWall: has('deleteWallPosts'),
      viewStatus: has('viewGroupShout'),
      postToStatus: has('createGroupShout'),
    },
    groupForumsPermissions: {
      viewForums: has('viewForums'),
      manageCategories: has('manageCategories'),
      createPosts: has('createPosts'),
      removePosts: has('removePosts'),
      lockPosts: has('lockPosts'),
      pinPosts: has('pinPosts'),
      createComments: has('createComments'),
      removeComments: has('removeComments'),
    },
    groupContentModerationPermissions: {
      manageBlockedWords: has('manageBlockedWords'),
      viewBlockedWords: has('viewBlockedWords'),
    },
    groupMembershipPermissions: {
      changeRank: has('changeRank'),
      inviteMembers: has('acceptRequests'),
      removeMembers: has('exileMembers'),
      banMembers: has('banMembers'),
    },
    groupManagementPermissions: {
      manageRelationships: has('manageRelationships'),
      manageClan: false,
      viewAuditLogs: has('viewAuditLog'),
      bypassSlowmode: has('bypassSlowMode'),
      viewCommunityAnalytics: has('viewUniverseAnalytics'),
    },
    groupEconomyPermissions: {
      spendGroupFunds: has('spendGroupFunds'),
      advertiseGroup: has('advertiseGroup'),
      createItems: has('createAvatarItems'),
      manageItems: has('manageAvatarItems'),
      manageGroupGames: has('manageGroupUniverses'),
    },
    groupOpenCloudPermissions: {
      useCloudAuthentication: has('createApiKeys'),
      administerCloudAuthentication: has('manageApiKeys'),
    },
  };
}

const groupsMetadata: Handler = (): Answer =>
  ok({ groupLimit: 100, currentGroupCount: 0, groupStatusMaxLength: 255, areGroupBansEnabled: true });

const groupsConfiguration: Handler = (): Answer =>
  ok({
    roleConfiguration: { nameMaxLength: 100, descriptionMaxLength: 1000, limit: 40, cost: 0, minRank: 0, maxRank: 255 },
  });

/** A comma list out of the query. The codes of "unparsable" and "too many" differ from route to route. */
export function idsIn(text: string | null, unparsable: number, tooMany: number): number[] {
  const parts = (text ?? '').split(',').filter((part) => part !== '');
  const ids = parts.map((part) => idIn(part.trim()));
  if (ids.length === 0 || ids.includes(null)) throw legacyRefusal(400, unparsable, 'The ids could not be parsed.');
  if (ids.length > idsMax) throw legacyRefusal(400, tooMany, 'Too many ids.');
  return ids.filter((id) => id !== null);
}

const nameOf = (world: World, userId: number) => world.users.get(userId)?.name ?? `user${userId}`;

export const legacyGroupHandlers = {
  getGroup,
  listGroups,
  listRoles,
  findRoles,
  listRolePermissions,
  listGroupUsers,
  listRoleUsers,
  listUserGroups,
  listUserGroupsV1,
  getPrimaryGroup,
  getOwnMembership,
  groupsMetadata,
  groupsConfiguration,
};
