/** Open Cloud v2 groups: the group, its roles, memberships and join requests (roblox-api.md 4). */
import { type Answer, cloudRefusal, ok, type RefusedByRoblox } from './answer.ts';
import { actorOf, type Call, fieldOf, type Handler, idIn, isObject } from './call.ts';
import { joinRequestFilter, membershipFilter } from './cloud-filter.ts';
import { cloudPage, lastTokenOf } from './cloud-paging.ts';
import {
  acceptJoinRequest,
  assignRole,
  type Denial,
  declineJoinRequest,
  denialOfRoleChange,
  setRole,
  unassignRole,
} from './membership.ts';
import { viewOf } from './stale-view.ts';
import {
  type Group,
  guestRank,
  highestRole,
  holderCounts,
  type Member,
  may,
  type Permission,
  permissionNames,
  type Role,
} from './world.ts';

const rolesPageMax = 20;
const membershipsPageMax = 100;
const joinRequestsPageMax = 20;

const groupPath = (groupId: number) => `groups/${groupId}`;
const rolePath = (groupId: number, roleId: number) => `groups/${groupId}/roles/${roleId}`;
export const userPath = (userId: number) => `users/${userId}`;
/** Seen at Roblox: the user id as unpadded base64url. Clients must treat it as opaque. */
const membershipId = (userId: number) => Buffer.from(String(userId)).toString('base64url');

function cloudGroup(call: Call): Group {
  const id = idIn(call.params['groupId']);
  if (id === null) throw cloudRefusal('INVALID_ARGUMENT', `Invalid group id '${call.params['groupId']}'.`);
  const group = call.world.groups.get(id);
  if (group === undefined) throw cloudRefusal('NOT_FOUND', `Group ${id} was not found.`);
  return group;
}

const cloudGetGroup: Handler = (call): Answer => {
  const group = cloudGroup(call);
  return ok({
    path: groupPath(group.id),
    createTime: group.created,
    updateTime: group.updated,
    id: String(group.id),
    displayName: group.name,
    description: group.description,
    ...(group.ownerId === null ? {} : { owner: userPath(group.ownerId) }),
    memberCount: group.members.size,
    publicEntryAllowed: group.publicEntry,
    locked: group.isLocked,
    verified: group.isVerified,
  });
};

const cloudListRoles: Handler = (call): Answer => {
  const group = cloudGroup(call);
  const counts = holderCounts(group);
  const { items, ...rest } = cloudPage(call, [...group.roles.values()], rolesPageMax, lastTokenOf(call, group));
  return ok({ groupRoles: items.map((role) => shownRole(call, group, role, counts)), ...rest });
};

const cloudGetRole: Handler = (call): Answer => {
  const group = cloudGroup(call);
  const role = group.roles.get(idIn(call.params['roleId']) ?? 0);
  if (role === undefined) throw cloudRefusal('NOT_FOUND', `Role ${call.params['roleId']} was not found.`);
  return ok(shownRole(call, group, role, holderCounts(group)));
};

/** Who sees what of a role: the owner everything, a member the permissions of their own, everyone those of guests. */
function shownRole(call: Call, group: Group, role: Role, counts: ReadonlyMap<number, number>): object {
  const actorId = actorOf(call);
  const isOwner = actorId === group.ownerId;
  const { caller } = call;
  const granted = caller.kind === 'key' ? caller.key.scopes : caller.kind === 'token' ? caller.token.scopes : [];
  const holdsIt = isOwner || group.members.get(actorId)?.roleIds.has(role.id) === true;
  const showsPermissions = role.rank === guestRank || (granted.includes('group:read') && holdsIt);
  return {
    path: rolePath(group.id, role.id),
    ...(isOwner ? { createTime: group.created, updateTime: group.updated } : {}),
    id: String(role.id),
    displayName: role.name,
    ...(isOwner ? { description: role.description } : {}),
    rank: role.rank,
    ...(role.rank === guestRank ? {} : { memberCount: counts.get(role.id) ?? 0 }),
    ...(showsPermissions ? { permissions: permissionsOf(role.permissions) } : {}),
  };
}

const permissionsOf = (held: ReadonlySet<Permission>) =>
  Object.fromEntries(permissionNames.map((name) => [name, held.has(name)]));

const cloudListMemberships: Handler = (call): Answer => {
  const filter = membershipFilter(call.query.get('filter'));
  const isWildcard = call.params['groupId'] === '-';
  if (isWildcard && filter.kind !== 'users') {
    throw cloudRefusal('INVALID_ARGUMENT', "The wildcard group needs a filter: user == '…' or user in […].");
  }
  if (!isWildcard && filter.kind === 'users' && filter.isList) {
    throw cloudRefusal('INVALID_ARGUMENT', 'A list of users needs the wildcard group.');
  }
  const group = isWildcard ? null : cloudGroup(call);
  if (group?.hiddenMemberList && call.world.behaviour.hiddenListClosesCloud && actorOf(call) !== group.ownerId) {
    throw cloudRefusal('PERMISSION_DENIED', 'The member list is hidden.');
  }
  const found: [Group, Member][] = [];
  for (const searched of group === null ? call.world.groups.values() : [group]) {
    const { members } = viewOf(searched, call.asOf);
    if (filter.kind === 'users') {
      for (const userId of filter.userIds) {
        const member = members.get(userId);
        if (member !== undefined) found.push([searched, member]);
      }
      continue;
    }
    if (filter.kind === 'role' && filter.groupId !== searched.id) {
      throw cloudRefusal('INVALID_ARGUMENT', 'The role belongs to another group.');
    }
    for (const member of members.values()) {
      if (filter.kind === 'all' || member.roleIds.has(filter.roleId)) found.push([searched, member]);
    }
  }
  // Somebody who is no member is an empty list with an empty token, whatever the group's habit.
  const lastToken = found.length === 0 ? 'empty' : lastTokenOf(call, group);
  const { items, ...rest } = cloudPage(call, found, membershipsPageMax, lastToken);
  return ok({ groupMemberships: items.map(([of, member]) => shownMembership(of, member)), ...rest });
};

function shownMembership(group: Group, member: Member): object {
  return {
    path: `${groupPath(group.id)}/memberships/${membershipId(member.userId)}`,
    createTime: member.joined,
    updateTime: member.updated,
    user: userPath(member.userId),
    role: rolePath(group.id, highestRole(group, member).id),
    roles: [...member.roleIds].map((id) => rolePath(group.id, id)),
  };
}

/** PATCH, `:assignRole` and `:unassignRole` differ only in what they do once they may. */
function roleChange(apply: (call: Call, group: Group, actorId: number, targetId: number, role: Role) => void): Handler {
  return (call) => {
    const group = cloudGroup(call);
    const targetId = targetOf(call);
    const roleId = roleIn(call.body, group);
    const actorId = actorOf(call);
    const denial = denialOfRoleChange(group, actorId, targetId, roleId);
    if (denial !== null) throw refusalOf(denial, targetId, roleId);
    const role = group.roles.get(roleId);
    if (role !== undefined) apply(call, group, actorId, targetId, role);
    const member = group.members.get(targetId);
    return ok(member === undefined ? {} : shownMembership(group, member));
  };
}

const cloudPatchMembership = roleChange((call, group, actorId, targetId, role) =>
  setRole(group, actorId, targetId, role, call.world.behaviour.patchMode, call.now),
);

const cloudAssignRole = roleChange((call, group, actorId, targetId, role) =>
  assignRole(group, actorId, targetId, role.id, call.now),
);

const cloudUnassignRole = roleChange((call, group, actorId, targetId, role) => {
  if (role.isBase) throw refusalOf('base-role', targetId, role.id);
  unassignRole(group, actorId, targetId, role.id, call.now);
});

/** A membership id, or a plain user id in its place. */
function targetOf(call: Call): number {
  const given = call.params['membershipId'] ?? '';
  const target = idIn(given) ?? idIn(Buffer.from(given, 'base64url').toString('utf8'));
  if (target === null) throw cloudRefusal('INVALID_ARGUMENT', `Invalid membership id '${given}'.`);
  return target;
}

function roleIn(body: unknown, group: Group): number {
  const role = fieldOf(body, 'role');
  const match = typeof role === 'string' ? /^groups\/(\d+)\/roles\/(\d+)$/.exec(role) : null;
  if (match === null) {
    const shown = typeof role === 'string' || typeof role === 'number' ? ` '${role}'` : '';
    throw cloudRefusal('INVALID_ARGUMENT', `Unable to parse the resource path${shown} in the field role.`);
  }
  if (Number(match[1]) !== group.id) throw cloudRefusal('INVALID_ARGUMENT', 'The role belongs to another group.');
  return Number(match[2]);
}

/** Statuses and codes where Roblox documents none are those of roblox-api.md 17; the sentences are the emulator's. */
function refusalOf(denial: Denial, targetId: number, roleId: number): RefusedByRoblox {
  switch (denial) {
    case 'not-a-member':
      return cloudRefusal('NOT_FOUND', `User ${targetId} has no membership in this group.`);
    case 'no-such-role':
      return cloudRefusal('NOT_FOUND', `Role ${roleId} was not found.`);
    case 'guest-role':
      return cloudRefusal('INVALID_ARGUMENT', 'The guest role cannot be assigned.');
    case 'owner-role':
      return cloudRefusal('INVALID_ARGUMENT', 'The owner role cannot be assigned.');
    case 'base-role':
      return cloudRefusal('INVALID_ARGUMENT', 'The base role cannot be removed.');
    case 'self':
      return cloudRefusal('PERMISSION_DENIED', 'One cannot change one’s own role.');
    case 'permission-missing':
      return cloudRefusal('PERMISSION_DENIED', 'The permission to manage the ranks of members is missing.');
    case 'target-not-below':
      return cloudRefusal('PERMISSION_DENIED', 'The member does not rank below you.');
    case 'role-not-below':
      return cloudRefusal('PERMISSION_DENIED', 'The role does not rank below yours.');
  }
}

const cloudListJoinRequests: Handler = (call): Answer => {
  const group = cloudGroup(call);
  const userId = joinRequestFilter(call.query.get('filter'));
  mayHandleRequests(call, group);
  const waiting = [...viewOf(group, call.asOf).joinRequests.values()];
  const found = userId === null ? waiting : waiting.filter((request) => request.userId === userId);
  const { items, ...rest } = cloudPage(call, found, joinRequestsPageMax, lastTokenOf(call, group));
  const groupJoinRequests = items.map((request) => ({
    path: `${groupPath(group.id)}/join-requests/${request.userId}`,
    createTime: request.created,
    user: userPath(request.userId),
  }));
  return ok({ groupJoinRequests, ...rest });
};

function joinRequestDecision(decide: typeof acceptJoinRequest): Handler {
  return (call) => {
    const group = cloudGroup(call);
    if (!isObject(call.body)) throw cloudRefusal('INVALID_ARGUMENT', 'The body must be a JSON object; send {}.');
    const userId = idIn(call.params['userId']);
    if (userId === null) throw cloudRefusal('INVALID_ARGUMENT', `Invalid join request id '${call.params['userId']}'.`);
    mayHandleRequests(call, group);
    if (!group.joinRequests.has(userId)) throw cloudRefusal('NOT_FOUND', `User ${userId} has no join request.`);
    decide(group, actorOf(call), userId, call.now);
    return ok({});
  };
}

function mayHandleRequests(call: Call, group: Group): void {
  if (may(group, actorOf(call), 'acceptRequests')) return;
  throw cloudRefusal('PERMISSION_DENIED', 'The permission to accept join requests is missing.');
}

export const cloudGroupHandlers = {
  cloudGetGroup,
  cloudListRoles,
  cloudGetRole,
  cloudListMemberships,
  cloudPatchMembership,
  cloudAssignRole,
  cloudUnassignRole,
  cloudListJoinRequests,
  cloudAcceptJoinRequest: joinRequestDecision(acceptJoinRequest),
  cloudDeclineJoinRequest: joinRequestDecision(declineJoinRequest),
};
