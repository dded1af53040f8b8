/** One request, or one round of the timer, and where it stands: the boxes of the diagram in docs/decisions/exactly-once.md. */

import type { RoleId } from '../ids.ts';
import type { Doubt } from '../late-writes.ts';
import type { RankChange, RankTarget } from '../rank-change.ts';
import type { Memory } from '../settlement.ts';
import type { Entry, Holder, Outcome } from './ledger.ts';
import type { Answer, Process } from './machine.ts';
import type { Write } from './member-at-roblox.ts';

/** An entry being carried out. */
export type Carrying = {
  readonly entry: Entry;
  readonly plan: readonly Write[];
  /** Ladder roles held as far as answers and looks have shown. */
  readonly known: readonly RoleId[];
  /** How many writes of this entry were answered well since its last look. */
  readonly written: number;
  /** Times an answer was lost or a look was needed. */
  readonly round: number;
  /** Nothing can have been written before this attempt. */
  readonly isFresh: boolean;
  /** A write of it may still land. */
  readonly isDoubtful: boolean;
};

export type Phase =
  | { readonly at: 'taking' }
  /** Next: read the member, judge. `isOwn`: the key's own retry, which may write again. */
  | { readonly at: 'settling'; readonly entry: Entry; readonly isOwn: boolean }
  | { readonly at: 'deciding' }
  /** The timer's look at what late writes did. */
  | { readonly at: 'checking' }
  | { readonly at: 'intending'; readonly change: RankChange; readonly plan: readonly Write[] }
  | {
      readonly at: 'closing';
      readonly found: {
        readonly rank: RankChange['toRank'];
        readonly held: readonly RoleId[];
        readonly readMs: number;
      };
    }
  | { readonly at: 'resuming'; readonly carrying: Carrying }
  | { readonly at: 'writing'; readonly carrying: Carrying }
  | { readonly at: 'looking'; readonly carrying: Carrying; readonly trouble: 'lost' | 'refused' | 'turned-away' }
  | { readonly at: 'recording'; readonly entry: Entry; readonly outcome: Outcome }
  /** Gives turn and key back without a verdict. */
  | { readonly at: 'leaving'; readonly say: Entry | string };

export type Attempt = {
  readonly id: number;
  readonly process: Process;
  /** Null: the timer. */
  readonly asked: { readonly key: string | null; readonly target: RankTarget } | null;
  readonly deadlineMs: number;
  phase: Phase;
  fence: number;
  leaseEndsMs: number;
  memory: Memory | null;
  /** What was remembered when the turn was taken. */
  memoryAtTake: Memory | null;
  /** When it last read the member. */
  readMs: number;
  doubts: readonly Doubt[];
};

/** Null: goes on. */
export type StepAnswer = Answer | null;

export function newAttempt(id: number, process: Process, asked: Attempt['asked'], deadlineMs: number): Attempt {
  const phase: Phase = { at: 'taking' };
  return {
    id,
    process,
    asked,
    deadlineMs,
    phase,
    fence: 0,
    leaseEndsMs: 0,
    memory: null,
    memoryAtTake: null,
    readMs: 0,
    doubts: [],
  };
}

export const holderOf = (attempt: Attempt): Holder => ({
  attempt: attempt.id,
  fence: attempt.fence,
  key: attempt.asked?.key ?? null,
});

/** What the journal says of it now. */
export const verdictOf = ({ id, status, toRank }: Entry): StepAnswer => ({
  kind: 'verdict',
  entry: id,
  status,
  toRank,
});

export function leave(attempt: Attempt, say: Entry | string): null {
  attempt.phase = { at: 'leaving', say };
  return null;
}

/** The member is settled: now to what was asked, or to a look at late writes. */
export function goOn(attempt: Attempt, nowMs: number): void {
  if (attempt.asked !== null) attempt.phase = { at: 'deciding' };
  else if (attempt.doubts.some((doubt) => doubt.until.getTime() <= nowMs)) attempt.phase = { at: 'checking' };
  else attempt.phase = { at: 'leaving', say: 'nothing to settle' };
}
