/** What the cookie API does to members: set role, exile, join requests, bans (roblox-api.md 11.5 to 11.9, 11.13). */
import { type Answer, legacyRefusal, ok, type RefusedByRoblox } from './answer.ts';
import { actorOf, type Call, fieldOf, type Handler } from './call.ts';
import { legacyGroup, legacyTarget, shownHighestRole, shownUser } from './legacy-objects.ts';
import { legacyPage } from './legacy-paging.ts';
import {
  acceptJoinRequest,
  ban,
  type Denial,
  declineJoinRequest,
  denialOfRoleChange,
  denialOfTarget,
  join,
  removeMember,
  setRole,
  unban,
} from './membership.ts';
import { viewOf } from './stale-view.ts';
import { type Ban, type Group, highestRole, type JoinRequest, may } from './world.ts';

const batchMax = 50;

const setUserRole: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const targetId = legacyTarget(call);
  const given = fieldOf(call.body, 'roleId');
  const roleId = typeof given === 'number' ? given : 0;
  const actorId = actorOf(call);
  const denial = denialOfRoleChange(group, actorId, targetId, roleId);
  const member = group.members.get(targetId);
  const role = group.roles.get(roleId);
  const isValid = denial === null || denial.endsWith('-below') || denial === 'permission-missing';
  // Already holding it is a fault of the request, so it is said before any question of rights.
  if (isValid && member !== undefined && highestRole(group, member).id === roleId) {
    throw legacyRefusal(400, 26, 'The user already has that role.');
  }
  if (denial !== null) throw refusalOf(denial);
  if (role !== undefined) setRole(group, actorId, targetId, role, call.world.behaviour.patchMode, call.now);
  return ok({});
};

function refusalOf(denial: Denial): RefusedByRoblox {
  switch (denial) {
    case 'no-such-role':
    case 'guest-role':
      return legacyRefusal(400, 2, 'The roleset is invalid or does not exist.');
    case 'not-a-member':
      return legacyRefusal(400, 3, 'The user is invalid or does not exist.');
    case 'self':
      return legacyRefusal(400, 23, 'You can not change your own role.');
    case 'owner-role':
    case 'base-role':
    case 'permission-missing':
    case 'target-not-below':
    case 'role-not-below':
      return legacyRefusal(403, 4, 'You do not have permission to manage this member.');
  }
}

/** Exile; the same call on oneself is leaving. */
const exileUser: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const targetId = legacyTarget(call);
  const actorId = actorOf(call);
  if (!group.members.has(targetId)) throw refusalOf('not-a-member');
  const denial =
    actorId === targetId && actorId !== group.ownerId ? null : denialOfTarget(group, actorId, targetId, 'exileMembers');
  if (denial !== null) throw refusalOf(denial);
  removeMember(group, actorId, targetId, call.now);
  return ok({});
};

const joinGroup: Handler = (call): Answer => {
  const group = legacyGroup(call);
  const userId = actorOf(call);
  if (group.members.has(userId)) throw legacyRefusal(409, 8, 'You are already in this group.');
  if (group.joinRequests.has(userId)) throw legacyRefusal(409, 7, 'You have already requested to join this group.');
  if (join(call.world, group.id, userId, call.now) === 'banned') {
    throw legacyRefusal(403, 14, 'You cannot join this group.');
  }
  return ok({});
};

const listJoinRequests: Handler = (call): Answer => {
  const group = legacyGroup(call);
  mayHandleRequests(call, group, 19);
  const page = legacyPage(call, `${group.id} join-requests`, [...viewOf(group, call.asOf).joinRequests.values()]);
  return ok({ ...page, data: page.data.map((request) => shownRequest(call, request)) });
};

/** No request is a 200 with `null`. */
const getJoinRequest: Handler = (call): Answer => {
  const group = legacyGroup(call);
  mayHandleRequests(call, group, 19);
  const request = viewOf(group, call.asOf).joinRequests.get(Number(call.params['userId']));
  return ok(request === undefined ? null : shownRequest(call, request));
};

const shownRequest = (call: Call, request: JoinRequest) => ({
  requester: shownUser(call.world, request.userId),
  created: request.created,
});

const acceptOne: Handler = (call): Answer => decide(call, [legacyTarget(call)], 'accept');
const declineOne: Handler = (call): Answer => decide(call, [legacyTarget(call)], 'decline');
const acceptMany: Handler = (call): Answer => decide(call, batchOf(call), 'accept');
const declineMany: Handler = (call): Answer => decide(call, batchOf(call), 'decline');

/** All or nothing: a batch has one answer for everybody in it. */
function decide(call: Call, userIds: readonly number[], verdict: 'accept' | 'decline'): Answer {
  const group = legacyGroup(call);
  const isMissing = userIds.some((userId) => !group.joinRequests.has(userId));
  if (isMissing && verdict === 'accept') throw legacyRefusal(400, 20, 'The group join request does not exist.');
  if (isMissing) throw legacyRefusal(400, 3, 'The user is invalid or does not exist.');
  mayHandleRequests(call, group, verdict === 'accept' ? 19 : 4);
  const apply = verdict === 'accept' ? acceptJoinRequest : declineJoinRequest;
  for (const userId of userIds) apply(group, actorOf(call), userId, call.now);
  return ok({});
}

/** `UserIds`, with a capital U. */
function batchOf(call: Call): number[] {
  const given = fieldOf(call.body, 'UserIds');
  const ids = Array.isArray(given) ? given.filter((id) => typeof id === 'number') : [];
  if (!Array.isArray(given) || ids.length !== given.length || ids.length === 0 || ids.length > batchMax) {
    throw legacyRefusal(400, 3, 'The user is invalid or does not exist.');
  }
  return ids;
}

function mayHandleRequests(call: Call, group: Group, code: number): void {
  if (may(group, actorOf(call), 'acceptRequests')) return;
  throw legacyRefusal(403, code, 'You have insufficient permissions for this request.');
}

const listBans: Handler = (call): Answer => {
  const group = bansGroup(call);
  const page = legacyPage(call, `${group.id} bans`, [...group.bans.values()]);
  return ok({ ...page, data: page.data.map((entry) => shownBan(call, group, entry)) });
};

const getBan: Handler = (call): Answer => {
  const group = bansGroup(call);
  const found = group.bans.get(Number(call.params['userId']));
  if (found === undefined) throw legacyRefusal(400, 29, 'The user is not banned.');
  return ok(shownBan(call, group, found));
};

const banUser: Handler = (call): Answer => {
  const group = bansGroup(call);
  const targetId = Number(call.params['userId']);
  const actorId = actorOf(call);
  if (!call.world.users.has(targetId)) throw legacyRefusal(404, 3, 'The user does not exist.');
  if (group.bans.has(targetId)) throw legacyRefusal(400, 28, 'The user is already banned.');
  if (targetId === group.ownerId) throw legacyRefusal(400, 31, 'The owner cannot be banned.');
  if (!group.members.has(targetId)) throw legacyRefusal(404, 15, 'The user is not a member of the group.');
  if (denialOfTarget(group, actorId, targetId, 'banMembers') !== null) {
    throw legacyRefusal(403, 19, 'You have insufficient permissions for this request.');
  }
  ban(group, actorId, targetId, call.now);
  const made = group.bans.get(targetId);
  return ok(made === undefined ? {} : shownBan(call, group, made));
};

const unbanUser: Handler = (call): Answer => {
  const group = bansGroup(call);
  const targetId = Number(call.params['userId']);
  if (!group.bans.has(targetId)) throw legacyRefusal(400, 29, 'The user is not banned.');
  unban(group, actorOf(call), targetId, call.now);
  return ok({});
};

/** Bans have a 404 of their own for an unknown group, and need their permission even to be seen. */
function bansGroup(call: Call): Group {
  const group = call.world.groups.get(Number(call.params['groupId']));
  if (group === undefined) throw legacyRefusal(404, 1, 'The group does not exist.');
  if (!may(group, actorOf(call), 'banMembers')) {
    throw legacyRefusal(403, 19, 'You have insufficient permissions for this request.');
  }
  return group;
}

const shownBan = (call: Call, group: Group, entry: Ban) => ({
  user: shownUser(call.world, entry.userId),
  actingUser: {
    user: shownUser(call.world, entry.actingUserId),
    role: shownHighestRole(group, entry.actingUserId),
  },
  created: entry.created,
});

export const legacyMemberHandlers = {
  setUserRole,
  exileUser,
  joinGroup,
  listJoinRequests,
  getJoinRequest,
  acceptJoinRequest: acceptOne,
  declineJoinRequest: declineOne,
  acceptJoinRequests: acceptMany,
  declineJoinRequests: declineMany,
  listBans,
  getBan,
  banUser,
  unbanUser,
};
