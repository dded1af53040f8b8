/**
 * The turn–journal–settle machine (docs/decisions/exactly-once.md): two processes, one member, one database, Roblox, and time
 * that passes only when told to. It takes its decisions with the functions the product takes them with; what it copies is
 * the order of the steps. A test drives it through schedules nobody would think of.
 */
import type { ActionStatus } from '../action.ts';
import type { Rank, RoleId } from '../ids.ts';
import type { RankTarget } from '../rank-change.ts';
import type { Bot, Role } from '../roles.ts';
import type { judge } from '../settlement.ts';
import { type Attempt, newAttempt } from './attempt.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import {
  changeFromOutside,
  type Fate,
  landUntil,
  type MemberAtRoblox,
  memberAtRoblox,
  type OutsideChange,
} from './member-at-roblox.ts';
import { step } from './steps.ts';

/** What the promise rests on. All of it true is the design; each one false is a mistake that the model has to catch. */
export type Rules = {
  readonly judge: typeof judge;
  /** An unsettled action gets its verdict before anything new begins. */
  readonly settlesFirst: boolean;
  /** Every statement and every write asks whether the turn is still ours. */
  readonly checksTurn: boolean;
  /** A write that may still land is looked at again, and told from a change by somebody else until then. */
  readonly looksAgain: boolean;
  /** What settling found is what the change after it, in the same turn, goes by. */
  readonly carriesMemory: boolean;
  /** An action that is run again is not taken for one that has written nothing yet. */
  readonly knowsItBegan: boolean;
  /** A verdict on a former "not done" makes it the turn's action again first. */
  readonly reopens: boolean;
  /** A read older than an answer of ours does not make what was answered undone. */
  readonly knowsProgress: boolean;
  /** A read that may be old or may be the very action on its way: it is carried on with, not called "not done". */
  readonly finishesInDoubt: boolean;
  /** "Already there" that rests on a read nobody believed is written all the same. */
  readonly writesUnseen: boolean;
};

/** The chances of one step. */
export type Luck = { readonly lagMs: number; readonly fate: Fate };

export type Answer =
  | { readonly kind: 'verdict'; readonly entry: number; readonly status: ActionStatus; readonly toRank: Rank }
  /** Nothing was begun: busy, running, refused. */
  | { readonly kind: 'nothing'; readonly why: string; readonly isRefusal: boolean };

export type Given = {
  readonly attempt: number;
  readonly key: string | null;
  readonly atMs: number;
  readonly answer: Answer;
};

export type Machine = {
  readonly rules: Rules;
  readonly group: { readonly roles: readonly Role[]; readonly ladder: readonly RoleId[]; readonly bot: Bot };
  nowMs: number;
  readonly ledger: Ledger;
  readonly member: MemberAtRoblox;
  /** Requests and rounds of the timer that run now, in either process. */
  attempts: Attempt[];
  attemptsMade: number;
  readonly given: Given[];
  readonly changedOutsideMs: number[];
};

export type Process = 'one' | 'two';

export type Happening =
  | { readonly what: 'ask'; readonly process: Process; readonly key: string | null; readonly target: RankTarget }
  | { readonly what: 'timer'; readonly process: Process }
  /** An attempt takes some steps, with these chances. */
  | { readonly what: 'go'; readonly who: number; readonly lucks: readonly Luck[] }
  | { readonly what: 'crash'; readonly process: Process }
  | { readonly what: 'pass'; readonly ms: number }
  | { readonly what: 'outside'; readonly change: OutsideChange };

/** What one call to the database or to Roblox takes. */
const stepMs = 100;
const requestDeadlineMs = 25_000;

export function createMachine(
  rules: Rules,
  group: Machine['group'],
  baseRole: RoleId,
  held: readonly RoleId[],
): Machine {
  return {
    rules,
    group,
    nowMs: 0,
    ledger: emptyLedger(rules.checksTurn),
    member: memberAtRoblox(baseRole, held),
    attempts: [],
    attemptsMade: 0,
    given: [],
    changedOutsideMs: [],
  };
}

export function happen(machine: Machine, happening: Happening): void {
  switch (happening.what) {
    case 'ask':
    case 'timer': {
      machine.attemptsMade += 1;
      const asked = happening.what === 'ask' ? { key: happening.key, target: happening.target } : null;
      machine.attempts.push(
        newAttempt(machine.attemptsMade, happening.process, asked, machine.nowMs + requestDeadlineMs),
      );
      return;
    }
    case 'go': {
      const attempt = machine.attempts[happening.who % machine.attempts.length];
      for (const luck of happening.lucks) if (attempt !== undefined) go(machine, attempt, luck);
      return;
    }
    case 'crash':
      machine.attempts = machine.attempts.filter((attempt) => attempt.process !== happening.process);
      return;
    case 'pass':
      pass(machine, happening.ms);
      return;
    case 'outside':
      pass(machine, stepMs);
      machine.changedOutsideMs.push(machine.nowMs);
      changeFromOutside(machine.member, happening.change, machine.nowMs);
  }
}

function pass(machine: Machine, ms: number): void {
  machine.nowMs += ms;
  landUntil(machine.member, machine.nowMs);
}

function go(machine: Machine, attempt: Attempt, luck: Luck): void {
  if (!machine.attempts.includes(attempt)) return;
  pass(machine, stepMs);
  const answer = step(machine, attempt, luck);
  if (answer === null) return;
  machine.attempts = machine.attempts.filter((one) => one !== attempt);
  if (attempt.asked !== null) {
    machine.given.push({ attempt: attempt.id, key: attempt.asked.key, atMs: machine.nowMs, answer });
  }
}

const fairLuck: Luck = { lagMs: 0, fate: 'applied' };
/** After this much time every lease is over, every write has landed, every read is fresh. */
const longMs = 130_000;

/** Runs what is begun, or lets it die, and then lets the timer come round until nothing is left to settle. */
export function quiesce(machine: Machine, { dies }: { readonly dies: boolean }): void {
  if (dies) machine.attempts = [];
  runAll(machine);
  for (let round = 0; round < 4; round += 1) {
    pass(machine, longMs);
    happen(machine, { what: 'timer', process: 'one' });
    runAll(machine);
  }
}

/** Everybody in turn, until all have their answer. */
function runAll(machine: Machine): void {
  for (let steps = 0; machine.attempts.length > 0; steps += 1) {
    if (steps > 2000) throw new Error(`an attempt never ends: ${JSON.stringify(machine.attempts)}`);
    const [attempt] = machine.attempts.splice(0, 1);
    if (attempt === undefined) return;
    machine.attempts.push(attempt);
    go(machine, attempt, fairLuck);
  }
}
