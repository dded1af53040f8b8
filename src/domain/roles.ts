/** A group's roles, the ladder that ranking manages, and what a member's roles mean on it (design.md 2). */
import { baseRank, guestRank, ownerRank, type Rank, type RoleId, rank, type UserId } from './ids.ts';

export type Role = {
  readonly id: RoleId;
  readonly name: string;
  readonly rank: Rank;
  /** The role at rank 1 that every member always holds since March 2026; Brevet never writes it. */
  readonly isBase: boolean;
};

/** What Roblox says about one user in one group. */
export type Membership = {
  readonly isMember: boolean;
  readonly roles: readonly RoleId[];
  /** False when read with a cookie: legacy routes show only the highest role held. */
  readonly showsAllRoles: boolean;
  /** When the present membership began; null where Roblox does not say (cookie). */
  readonly joinedAt?: Date | null;
};

export type Ladder = {
  /** Ascending by rank, one role a rank. */
  readonly rungs: readonly Role[];
  /** False until the owner has said which roles the ladder has; then every assignable role is on it. */
  readonly isConfirmed: boolean;
};

const byRankThenId = (a: Role, b: Role) => a.rank - b.rank || a.id - b.id;

/**
 * The ladder of a group. `confirmed` is the owner's list of role ids, or null while they have not given one.
 * Guest, owner and base role are never on it. Roles that share a rank: all stay *managed* (see `isOnLadder`), but only the
 * lowest id is a rung, so a rank names one role (design.md 2).
 */
export function ladderOf(
  roles: readonly Role[],
  confirmed: readonly RoleId[] | null,
): Ladder & { managed: Set<RoleId> } {
  const listed = confirmed === null ? null : new Set(confirmed);
  const managed = roles
    .filter((role) => role.rank > guestRank && role.rank < ownerRank && !role.isBase)
    .filter((role) => listed === null || listed.has(role.id))
    .sort(byRankThenId);
  const rungs = managed.filter((role, index) => managed[index - 1]?.rank !== role.rank);
  return { rungs, isConfirmed: listed !== null, managed: new Set(managed.map((role) => role.id)) };
}

/** The highest of all roles held: what Roblox's hierarchy rule looks at. 1 for a member with none known, 0 for a stranger. */
export function highestRank(roles: readonly Role[], membership: Membership): Rank {
  if (!membership.isMember) return guestRank;
  const held = new Set(membership.roles);
  return rank(Math.max(baseRank, ...roles.filter((role) => held.has(role.id)).map((role) => role.rank)));
}

/** What a bot is to a group: its account and the highest rank it holds there. */
export type Bot = { readonly userId: UserId; readonly rank: Rank };
