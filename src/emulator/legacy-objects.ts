/** The objects that all legacy answers are made of: numbers for ids, `name` where Open Cloud says `displayName`. */
import { legacyRefusal } from './answer.ts';
import { type Call, idIn } from './call.ts';
import { type Group, guestRank, highestRole, holderCounts, may, type Role, type User, type World } from './world.ts';

export function legacyGroup(call: Call): Group {
  const group = call.world.groups.get(idIn(call.params['groupId']) ?? 0);
  // A group that does not exist is a 400, never a 404.
  if (group === undefined) throw legacyRefusal(400, 1, 'The group is invalid or does not exist.');
  return group;
}

/** The account a path is about. `code` is what this route family calls an invalid user. */
export function legacyTarget(call: Call, code = 3): number {
  const userId = idIn(call.params['userId']);
  if (userId === null || !call.world.users.has(userId)) {
    throw legacyRefusal(400, code, 'The user is invalid or does not exist.');
  }
  return userId;
}

export function shownUser(world: World, userId: number): object {
  const user = world.users.get(userId);
  return {
    buildersClubMembershipType: 'None',
    hasVerifiedBadge: false,
    userId,
    username: user?.name ?? `user${userId}`,
    displayName: user?.displayName ?? `user${userId}`,
  };
}

/** The form of users.roblox.com, which says `id` and `name`. */
export const shownAccount = (user: User): object => ({
  hasVerifiedBadge: false,
  id: user.id,
  name: user.name,
  displayName: user.displayName,
});

export function shownRole(role: Role, holders: ReadonlyMap<number, number>, showsDescription = false): object {
  return {
    id: role.id,
    name: role.name,
    description: showsDescription ? role.description : null,
    rank: role.rank,
    memberCount: role.rank === guestRank ? 0 : (holders.get(role.id) ?? 0),
    ...(role.isBase ? { isBase: true } : {}),
  };
}

/** What the second version of a user's group list says of a role. */
export const shownRoleShortly = ({ id, name, rank }: Role): object => ({ id, name, rank });

/** The one role that single-role interfaces show: the highest. */
export function shownHighestRole(group: Group, userId: number, holders = holderCounts(group)): object | null {
  const member = group.members.get(userId);
  return member === undefined ? null : shownRole(highestRole(group, member), holders);
}

export function shownGroup(call: Call, group: Group): object {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    owner: group.ownerId === null ? null : shownUser(call.world, group.ownerId),
    shout: shownShout(call, group),
    memberCount: group.members.size,
    isBuildersClubOnly: false,
    publicEntryAllowed: group.publicEntry,
    ...(group.isLocked ? { isLocked: true } : {}),
    hasVerifiedBadge: group.isVerified,
    hasSocialModules: false,
  };
}

/** Null when there is none, or when the viewer may not see it. */
export function shownShout(call: Call, group: Group): object | null {
  if (group.shout === null || !may(group, call.caller.userId, 'viewGroupShout')) return null;
  const { body, posterId, created, updated } = group.shout;
  return { body, poster: shownUser(call.world, posterId), created, updated };
}
