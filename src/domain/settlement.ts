/**
 * Judges an action whose fate is unknown by comparing role sets, never ranks, and tells a stale read from a change by
 * somebody else (design.md 3.4 and 3.8).
 */
import type { RoleId } from './ids.ts';
import { sameRoles } from './rank-change.ts';
import type { Membership } from './roles.ts';

/** The ladder roles an action found and the ones it wants. */
export type Transition = { readonly before: readonly RoleId[]; readonly after: readonly RoleId[] };

export type Verdict =
  | 'done'
  | 'not-done'
  /** Held = before, but the write may still land: ask again later. */
  | 'too-early'
  /** Some of the writes landed: always finished forward. */
  | 'half-done'
  /** Changed by somebody else meanwhile; nothing more is written. */
  | 'superseded';

/** For this long after the last write, "not there" does not mean "will not come". */
export const lateWriteSeconds = 10;
/** For this long after a write of ours, a read may show what was before it. */
const staleReadSeconds = 120;

const isSubset = (a: readonly RoleId[], b: readonly RoleId[]) => a.every((id) => b.includes(id));

/** The target is assigned first and the rest removed after, so half-way the member holds all of `after` and some of `before`. */
function isBetween(held: readonly RoleId[], { before, after }: Transition): boolean {
  return isSubset(after, held) && isSubset(held, [...before, ...after]) && !sameRoles(held, after);
}

/** `held`: the ladder roles among those the member holds now. */
export function judge(
  transition: Transition,
  membership: Membership,
  held: readonly RoleId[],
  lastWriteAgeSeconds: number,
): Verdict {
  const { before, after } = transition;
  if (!membership.isMember) return 'superseded';
  if (sameRoles(held, after)) return 'done';
  if (sameRoles(held, before)) return lastWriteAgeSeconds > lateWriteSeconds ? 'not-done' : 'too-early';
  return isBetween(held, transition) ? 'half-done' : 'superseded';
}

/** What Brevet last made of a member, kept with the turn. */
export type Memory = {
  /** Ladder roles after the last settled action. */
  readonly held: readonly RoleId[];
  readonly settledAt: Date;
  /** The transitions settled within `staleReadSeconds`, oldest first: a read may show any state on their way. */
  readonly transitions: readonly (Transition & { readonly settledAt: Date })[];
  /** A cookie's check read found the member's highest role to be `held`: no hidden ladder role above it. */
  readonly isOnlyRole: boolean;
};

/** States a read may show while a transition is on its way, its end left out. */
function isOnTheWay(held: readonly RoleId[], transition: Transition): boolean {
  return sameRoles(held, transition.before) || isBetween(held, transition);
}

/**
 * The ladder roles to start a decision from. A read that shows a state on the way of one of our own recent writes is stale;
 * what was settled last stands. Anything else is a change from outside and is believed.
 */
export function believe(
  read: readonly RoleId[],
  memory: Memory | null,
  now: Date,
): { held: readonly RoleId[]; isStale: boolean } {
  if (memory === null || sameRoles(read, memory.held)) return { held: read, isStale: false };
  const isRecent = (at: Date) => now.getTime() - at.getTime() < staleReadSeconds * 1000;
  const isStale = memory.transitions.some(
    (transition) => isRecent(transition.settledAt) && isOnTheWay(read, transition),
  );
  return isStale ? { held: memory.held, isStale: true } : { held: read, isStale: false };
}

/** The memory after one more settled action. */
export function remember(
  memory: Memory | null,
  transition: Transition,
  settled: { held: readonly RoleId[]; at: Date; isOnlyRole: boolean },
): Memory {
  const isRecent = (at: Date) => settled.at.getTime() - at.getTime() < staleReadSeconds * 1000;
  const transitions = [
    ...(memory?.transitions ?? []).filter((one) => isRecent(one.settledAt)),
    { ...transition, settledAt: settled.at },
  ];
  return {
    held: settled.held,
    settledAt: settled.at,
    transitions: transitions.slice(-8),
    isOnlyRole: settled.isOnlyRole,
  };
}
