/** What an attempt sees of the member, and the writes that follow from it. */
import type { RoleId } from '../ids.ts';
import type { Membership } from '../roles.ts';
import { believe, type Memory } from '../settlement.ts';
import type { Attempt } from './attempt.ts';
import type { Luck, Machine } from './machine.ts';
import { readAt, type Write } from './member-at-roblox.ts';

export type View = {
  readonly membership: Membership;
  readonly read: readonly RoleId[];
  readonly held: readonly RoleId[];
};

/** One read, set against what Brevet itself has just written. */
export function view(machine: Machine, attempt: Attempt, luck: Luck, memory: Memory | null): View {
  attempt.readMs = machine.nowMs;
  const membership = readAt(machine.member, machine.nowMs, luck.lagMs);
  const read = membership.roles.filter((id) => machine.group.ladder.includes(id));
  if (!membership.isMember) return { membership, read, held: [] };
  return { membership, read, held: believe(read, memory, new Date(machine.nowMs)).held };
}

export const writesOf = (assign: readonly RoleId[], unassign: readonly RoleId[]): Write[] => [
  ...assign.map((role) => ({ does: 'assign' as const, role })),
  ...unassign.map((role) => ({ does: 'unassign' as const, role })),
];

/** The writes that bring a member from what is held, and what a read showed besides, to what is wanted. */
export const planFrom = (wanted: readonly RoleId[], { held, read }: Pick<View, 'held' | 'read'>): Write[] =>
  writesOf(
    wanted.filter((id) => !held.includes(id) || !read.includes(id)),
    [...new Set([...held, ...read])].filter((id) => !wanted.includes(id)),
  );
