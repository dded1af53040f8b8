/**
 * What happens to people in a group, whichever API asked: who may do what to whom, and the change itself. The answers are
 * words; each API family turns them into its own statuses and codes (roblox-api.md 13.1, 13.3).
 */
import {
  type AuditEntry,
  type Behaviour,
  baseRole,
  type Group,
  guestRank,
  highestRole,
  type Member,
  may,
  ownerRank,
  type Permission,
  type Role,
  rankOf,
  type World,
} from './world.ts';

export type Denial =
  | 'not-a-member'
  | 'no-such-role'
  | 'self'
  | 'guest-role'
  | 'owner-role'
  | 'base-role'
  | 'permission-missing'
  | 'target-not-below'
  | 'role-not-below';

const pastMax = 2_000;
const auditMax = 10_000;

/** May `actorId` act on this member at all? The owner is never below anybody. */
export function denialOfTarget(group: Group, actorId: number, targetId: number, permission: Permission): Denial | null {
  if (!may(group, actorId, permission)) return 'permission-missing';
  return rankOf(group, targetId) < actorRank(group, actorId) && targetId !== group.ownerId ? null : 'target-not-below';
}

/** May `actorId` give or take this role? Checks what can be wrong with the request before what is forbidden. */
export function denialOfRoleChange(group: Group, actorId: number, targetId: number, roleId: number): Denial | null {
  const role = group.roles.get(roleId);
  if (role === undefined) return 'no-such-role';
  if (!group.members.has(targetId)) return 'not-a-member';
  if (actorId === targetId) return 'self';
  if (role.rank === guestRank) return 'guest-role';
  if (role.rank === ownerRank) return 'owner-role';
  const denial = denialOfTarget(group, actorId, targetId, 'changeRank');
  if (denial !== null) return denial;
  return role.rank < actorRank(group, actorId) ? null : 'role-not-below';
}

function actorRank(group: Group, actorId: number): number {
  return actorId === group.ownerId ? ownerRank : rankOf(group, actorId);
}

/** Adds one role and leaves the others alone; a role already held changes nothing. */
export function assignRole(group: Group, actorId: number, targetId: number, roleId: number, now: Date): void {
  if (group.members.get(targetId)?.roleIds.has(roleId)) return;
  changeRoles(group, targetId, now, (held) => new Set(held).add(roleId));
  audit(group, actorId, 'AssignRole', { TargetId: targetId, RoleSetId: roleId }, now);
}

/** Takes one role away; a role not held changes nothing. The base role stays. */
export function unassignRole(group: Group, actorId: number, targetId: number, roleId: number, now: Date): void {
  if (!group.members.get(targetId)?.roleIds.has(roleId)) return;
  changeRoles(group, targetId, now, (held) => new Set([...held].filter((id) => id !== roleId)));
  audit(group, actorId, 'UnassignRole', { TargetId: targetId, RoleSetId: roleId }, now);
}

/** The deprecated PATCH of either API. What it does to further roles is not documented, hence the mode. */
export function setRole(
  group: Group,
  actorId: number,
  targetId: number,
  role: Role,
  mode: Behaviour['patchMode'],
  now: Date,
): void {
  const member = group.members.get(targetId);
  if (member === undefined) return;
  const before = highestRole(group, member);
  const after = new Set(mode === 'replaceAll' ? [] : [...member.roleIds].filter((id) => id !== before.id));
  after.add(role.id).add(baseRole(group).id);
  if (sameSet(after, member.roleIds)) return;
  changeRoles(group, targetId, now, () => after);
  const description = {
    TargetId: targetId,
    OldRoleSetId: before.id,
    OldRoleSetName: before.name,
    NewRoleSetId: role.id,
    NewRoleSetName: role.name,
  };
  audit(group, actorId, 'ChangeRank', description, now);
}

export function removeMember(group: Group, actorId: number, targetId: number, now: Date): void {
  remember(group, targetId, now);
  group.members.delete(targetId);
  audit(group, actorId, actorId === targetId ? 'LeaveGroup' : 'RemoveMember', { TargetId: targetId }, now);
}

/** The new member starts at the bottom: accepting cannot set a rank. */
export function acceptJoinRequest(group: Group, actorId: number, targetId: number, now: Date): void {
  remember(group, targetId, now);
  group.joinRequests.delete(targetId);
  if (!group.members.has(targetId)) {
    group.members.set(targetId, { userId: targetId, roleIds: firstRoles(group), joined: now, updated: now });
  }
  audit(group, actorId, 'AcceptJoinRequest', { TargetId: targetId }, now);
}

export function declineJoinRequest(group: Group, actorId: number, targetId: number, now: Date): void {
  remember(group, targetId, now);
  group.joinRequests.delete(targetId);
  audit(group, actorId, 'DeclineJoinRequest', { TargetId: targetId }, now);
}

export function postShout(group: Group, actorId: number, body: string, now: Date): void {
  group.shout = body === '' ? null : { body, posterId: actorId, created: group.shout?.created ?? now, updated: now };
  audit(group, actorId, 'PostStatus', { Text: body }, now);
}

export function ban(group: Group, actorId: number, targetId: number, now: Date): void {
  if (group.members.has(targetId)) removeMember(group, actorId, targetId, now);
  group.joinRequests.delete(targetId);
  group.bans.set(targetId, { userId: targetId, actingUserId: actorId, created: now });
  audit(group, actorId, 'BanMember', { TargetId: targetId }, now);
}

export function unban(group: Group, actorId: number, targetId: number, now: Date): void {
  group.bans.delete(targetId);
  audit(group, actorId, 'UnbanMember', { TargetId: targetId }, now);
}

/** An account joins, by hand at Roblox: a member at once, or a request where the group wants one. */
export function join(world: World, groupId: number, userId: number, now: Date): 'member' | 'requested' | 'banned' {
  const group = world.groups.get(groupId);
  if (group === undefined || group.bans.has(userId)) return 'banned';
  remember(group, userId, now);
  if (!group.publicEntry) {
    group.joinRequests.set(userId, { userId, created: now });
    return 'requested';
  }
  group.members.set(userId, { userId, roleIds: firstRoles(group), joined: now, updated: now });
  return 'member';
}

function firstRoles(group: Group): Set<number> {
  const base = baseRole(group);
  if (!group.autoAssignsLowestRole) return new Set([base.id]);
  const [lowest] = [...group.roles.values()]
    .filter((role) => role.rank > guestRank && role.rank < ownerRank && !role.isBase)
    .sort((a, b) => a.rank - b.rank || a.id - b.id);
  return new Set(lowest === undefined ? [base.id] : [base.id, lowest.id]);
}

function changeRoles(group: Group, userId: number, now: Date, next: (held: Set<number>) => Set<number>): void {
  const member = group.members.get(userId);
  if (member === undefined) return;
  remember(group, userId, now);
  const roleIds = next(member.roleIds).add(baseRole(group).id);
  group.members.set(userId, { ...member, roleIds, updated: now } satisfies Member);
}

/** Keeps what a stale read would still show. Members are replaced, never altered, so the old record stays true. */
function remember(group: Group, userId: number, at: Date): void {
  const member = group.members.get(userId) ?? null;
  const joinRequest = group.joinRequests.get(userId) ?? null;
  group.past.push({ at, userId, member, joinRequest });
  if (group.past.length > 2 * pastMax) group.past.splice(0, pastMax);
}

function audit(
  group: Group,
  actorId: number,
  actionType: string,
  description: AuditEntry['description'],
  now: Date,
): void {
  const actor = group.members.get(actorId);
  const actorRoleId = actor === undefined ? baseRole(group).id : highestRole(group, actor).id;
  group.auditLog.push({ actorId, actorRoleId, actionType, description, created: now });
  if (group.auditLog.length > 2 * auditMax) group.auditLog.splice(0, auditMax);
}

function sameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
