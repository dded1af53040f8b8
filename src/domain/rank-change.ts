/**
 * Decides a rank change: which roles the member shall hold afterwards, or why not. Values in, a decision out
 * (design.md 3.4 and 3.6, docs/decisions/multi-role-writes-and-the-ladder.md).
 */
import { baseRank, guestRank, ownerRank, type Rank, type RoleId, type UserId } from './ids.ts';
import type { Refusal } from './refusals.ts';
import { type Bot, highestRank, ladderOf, type Membership, type Role } from './roles.ts';

export type Direction = 'promote' | 'demote';

/** "Who stands at `fromRank` goes to `toRank`." */
export type RankRule = { readonly fromRank: Rank; readonly toRank: Rank };

export type RankTarget =
  | { readonly kind: 'exact'; readonly rank: Rank }
  /** The next rank number on the ladder. */
  | { readonly kind: 'step'; readonly direction: Direction }
  /** The first rule that starts at the member's rank; `rules` are the enabled ones, in order. */
  | { readonly kind: 'rule'; readonly direction: Direction; readonly rules: readonly RankRule[] };

export type Situation = {
  readonly userId: UserId;
  readonly roles: readonly Role[];
  /** The owner's list; null while the ladder is unconfirmed. */
  readonly confirmedLadder: readonly RoleId[] | null;
  readonly membership: Membership;
  readonly bot: Bot;
  /** The lowest of the key's and the workspace's highest rank; null = none. */
  readonly highestAllowed: Rank | null;
};

export type RankChange = {
  readonly fromRank: Rank;
  readonly toRank: Rank;
  /** Ladder roles held now and afterwards; what is in neither set is never touched. */
  readonly before: readonly RoleId[];
  readonly after: readonly RoleId[];
};

export type RankDecision =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | { readonly kind: 'unchanged'; readonly rank: Rank; readonly held: readonly RoleId[] }
  | ({ readonly kind: 'change' } & RankChange);

const refuse = (refusal: Refusal): RankDecision => ({ kind: 'refuse', refusal });

/** The role a rank names on the ladder; null means "no ladder role" (rank 1 without one); undefined: no such rank. */
export function rungAt(
  roles: readonly Role[],
  confirmed: readonly RoleId[] | null,
  rank: Rank,
): Role | null | undefined {
  const rung = ladderOf(roles, confirmed).rungs.find((role) => role.rank === rank);
  if (rung !== undefined) return rung;
  return rank === baseRank ? null : undefined;
}

/** A member's rank: the highest ladder role held; 1 with none, 0 when not a member. */
export function ladderRank(roles: readonly Role[], confirmed: readonly RoleId[] | null, membership: Membership): Rank {
  if (!membership.isMember) return guestRank;
  const held = new Set(membership.roles);
  const owner = roles.find((role) => role.rank === ownerRank && held.has(role.id));
  if (owner !== undefined) return ownerRank;
  const { managed } = ladderOf(roles, confirmed);
  const ranks = roles.filter((role) => managed.has(role.id) && held.has(role.id)).map((role) => role.rank);
  return ranks.length === 0 ? baseRank : (Math.max(...ranks) as Rank);
}

function nextRank(
  target: Exclude<RankTarget, { kind: 'exact' }>,
  fromRank: Rank,
  rungs: readonly Role[],
): Rank | Refusal {
  if (target.kind === 'rule') {
    const rule = target.rules.find((candidate) => candidate.fromRank === fromRank);
    return rule === undefined ? { code: 'rule.none', direction: target.direction, fromRank } : rule.toRank;
  }
  const ranks = rungs.map((role) => role.rank).filter((rank) => rank !== baseRank);
  const next =
    target.direction === 'promote'
      ? ranks.find((rank) => rank > fromRank)
      : (ranks.findLast((rank) => rank < fromRank) ?? (fromRank > baseRank ? baseRank : undefined));
  return next ?? { code: 'ladder.end', direction: target.direction, fromRank };
}

/** A cookie sees one role and writes one role: what cannot come out right is refused before anything is written. */
function refuseForCookie(situation: Situation, managed: ReadonlySet<RoleId>, target: Role | null): Refusal | undefined {
  const visible = situation.roles.find((role) => situation.membership.roles.includes(role.id) && !role.isBase);
  if (target === null) return { code: 'credential.cannot', reason: 'no-role-to-write' };
  if (visible === undefined) return undefined;
  if (!managed.has(visible.id)) return { code: 'credential.cannot', reason: 'side-role-hides-the-ladder' };
  const mayStayHighest = situation.roles.some(
    (role) => !managed.has(role.id) && !role.isBase && role.rank > target.rank && role.rank < visible.rank,
  );
  return mayStayHighest ? { code: 'credential.cannot', reason: 'side-role-above-target' } : undefined;
}

function refuseWhoIsNoMember(userId: UserId, roles: readonly Role[], membership: Membership, bot: Bot): Refusal | null {
  if (!membership.isMember) return { code: 'member.absent', userId };
  if (highestRank(roles, membership) === ownerRank) return { code: 'member.is-owner', userId };
  return userId === bot.userId ? { code: 'member.is-bot', userId } : null;
}

/** Whom the bot can do nothing to: strangers, the owner, itself, and whoever holds any role at its rank or above. */
export function refuseToTouch(
  userId: UserId,
  roles: readonly Role[],
  membership: Membership,
  bot: Bot,
): Refusal | null {
  const refusal = refuseWhoIsNoMember(userId, roles, membership, bot);
  if (refusal !== null) return refusal;
  const memberRank = highestRank(roles, membership);
  return memberRank < bot.rank ? null : { code: 'member.at-or-above-bot', userId, memberRank, botRank: bot.rank };
}

export function decideRankChange(situation: Situation, wanted: RankTarget): RankDecision {
  const { userId, roles, confirmedLadder, membership, bot } = situation;
  const untouchable = refuseWhoIsNoMember(userId, roles, membership, bot);
  if (untouchable !== null) return refuse(untouchable);

  const ladder = ladderOf(roles, confirmedLadder);
  const held = membership.roles.filter((id) => ladder.managed.has(id));
  const fromRank = ladderRank(roles, confirmedLadder, membership);
  const toRank = wanted.kind === 'exact' ? wanted.rank : nextRank(wanted, fromRank, ladder.rungs);
  if (typeof toRank === 'object') return refuse(toRank);

  const heldAtTarget = roles.find((role) => role.rank === toRank && held.includes(role.id));
  const target = heldAtTarget ?? rungAt(roles, confirmedLadder, toRank);
  if (target === undefined) return refuse({ code: 'rank.not-on-ladder', rank: toRank });
  if (situation.highestAllowed !== null && toRank > situation.highestAllowed) {
    return refuse({ code: 'key.rank-too-high', wanted: toRank, highest: situation.highestAllowed });
  }
  const tooHigh = refuseToTouch(userId, roles, membership, bot);
  if (tooHigh !== null) return refuse(tooHigh);
  if (toRank >= bot.rank) return refuse({ code: 'rank.at-or-above-bot', rank: toRank, botRank: bot.rank });

  const after = rolesAfterwards(roles, held, target, fromRank, toRank, ladder.isConfirmed);
  if (sameRoles(held, after)) return { kind: 'unchanged', rank: fromRank, held };
  if (!membership.showsAllRoles) {
    const refusal = refuseForCookie(situation, ladder.managed, target);
    if (refusal !== undefined) return refuse(refusal);
  }
  return { kind: 'change', fromRank, toRank, before: held, after };
}

/**
 * The target and no other ladder role. While the ladder is unconfirmed a second role may be an Event Team the owner has not
 * told us about, so only the role that gave the old rank and those ranked above the target go.
 */
function rolesAfterwards(
  roles: readonly Role[],
  held: readonly RoleId[],
  target: Role | null,
  fromRank: Rank,
  toRank: Rank,
  isConfirmed: boolean,
): readonly RoleId[] {
  const rankOf = new Map(roles.map((role) => [role.id, role.rank]));
  const stays = isConfirmed ? [] : held.filter((id) => rankOf.get(id) !== fromRank && (rankOf.get(id) ?? 0) < toRank);
  return [...new Set([...stays, ...(target === null ? [] : [target.id])])];
}

export function sameRoles(a: readonly RoleId[], b: readonly RoleId[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
