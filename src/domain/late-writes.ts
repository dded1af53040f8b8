/**
 * Writes that may still land: their answer was lost, or whoever sent them died. For a while they can turn up over whatever
 * was done since, and are neither a change by somebody else nor part of the action they turn up in (design.md 3.8).
 */
import type { RoleId } from './ids.ts';
import { sameRoles } from './rank-change.ts';
import type { Transition } from './settlement.ts';

/** No write lands later than this after it was sent; then a look shows what came of it. */
export const lookAgainSeconds = 60;

/** What an action that has its verdict may still do to the member. */
export type Doubt = {
  readonly adds: readonly RoleId[];
  readonly removes: readonly RoleId[];
  readonly until: Date;
};

/** Whether a read differs from what was settled last by doubtful writes alone: what was settled last shall be held. */
export function isLateWrite(
  read: readonly RoleId[],
  settled: readonly RoleId[],
  doubts: readonly Pick<Doubt, 'adds' | 'removes'>[],
): boolean {
  if (sameRoles(read, settled)) return false;
  const isAdded = (id: RoleId) => doubts.some((doubt) => doubt.adds.includes(id));
  const isRemoved = (id: RoleId) => doubts.some((doubt) => doubt.removes.includes(id));
  return (
    read.filter((id) => !settled.includes(id)).every(isAdded) &&
    settled.filter((id) => !read.includes(id)).every(isRemoved)
  );
}

/** The roles to judge a transition by: what late writes of other actions did meanwhile is set aside. */
export function setLateWritesAside(
  read: readonly RoleId[],
  { before, after }: Transition,
  doubts: readonly Pick<Doubt, 'adds' | 'removes'>[],
): readonly RoleId[] {
  const own = [...before, ...after];
  const kept = read.filter((id) => own.includes(id) || !doubts.some((doubt) => doubt.adds.includes(id)));
  const withTaken = (ids: readonly RoleId[]) => [
    ...kept,
    ...ids.filter((id) => !kept.includes(id) && doubts.some((doubt) => doubt.removes.includes(id))),
  ];
  return sameRoles(withTaken(before), before) ? before : withTaken(after);
}
