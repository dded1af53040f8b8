/** From the intent to the verdict: writing, looking when an answer is lost, judging, recording. */

import type { RoleId } from '../ids.ts';
import { setLateWritesAside } from '../late-writes.ts';
import { sameRoles } from '../rank-change.ts';
import { remember, type Verdict } from '../settlement.ts';
import {
  type Attempt,
  type Carrying,
  goOn,
  holderOf,
  leave,
  type Phase,
  type StepAnswer,
  verdictOf,
} from './attempt.ts';
import { type Entry, leaseMs, type Outcome, renew, resume, settle, writeTimeoutMs } from './ledger.ts';
import type { Luck, Machine } from './machine.ts';
import { type Fate, send, type Write } from './member-at-roblox.ts';
import { planFrom, type View, view } from './seeing.ts';

/** Slack between looking at the clock and the first byte. */
const marginMs = 500;
/** How often an answer may be lost before the rest is left to a later turn. */
const roundsMax = 4;

/** Judges an entry by what is held, late writes of other actions set aside. */
function judgeNow(machine: Machine, attempt: Attempt, entry: Entry, seen: View, ageSeconds: number): Verdict {
  const { judge, looksAgain, finishesInDoubt } = machine.rules;
  const judgeRoles = (held: readonly RoleId[]): Verdict => {
    const verdict = judge(entry, seen.membership, held, ageSeconds);
    if (verdict !== 'superseded' || !looksAgain) return verdict;
    const amid = judge(entry, seen.membership, setLateWritesAside(held, entry, attempt.doubts), ageSeconds);
    return amid === 'done' ? 'half-done' : amid;
  };
  const verdict = judgeRoles(seen.held);
  if (!finishesInDoubt || sameRoles(seen.read, seen.held)) return verdict;
  // the read shows an earlier state, or this very action on its way: carrying on is right in both cases
  const isOnItsWay = [verdict, judgeRoles(seen.read)].some((one) => one === 'done' || one === 'half-done');
  return isOnItsWay ? 'half-done' : verdict;
}

/** What looks and verdicts go by. */
const memoryOf = ({ rules }: Machine, attempt: Attempt) =>
  rules.carriesMemory ? attempt.memory : attempt.memoryAtTake;

/**
 * What the verdict says and leaves behind. A "not done" is remembered too where a late write of it may turn up; a restoration
 * that came to nothing leaves what is to be restored.
 */
function outcomeOf(
  machine: Machine,
  attempt: Attempt,
  entry: Entry,
  result: Pick<Outcome, 'status' | 'isDoubtful'> & { held: Outcome['leaves'] | null },
): Outcome {
  const isDoubtful = result.isDoubtful && machine.rules.looksAgain;
  const leaves = result.held;
  const isRemembered = leaves !== null && (result.status !== 'not-done' || (isDoubtful && !entry.isRestoration));
  const at = new Date(machine.nowMs);
  const memory = isRemembered
    ? remember(memoryOf(machine, attempt), entry, { held: leaves, at, isOnlyRole: false })
    : null;
  return { status: result.status, leaves, memory, isDoubtful };
}

/** A whole write time-out is left of the lease, or is now; false: somebody else may have the turn. */
function hasTimeForWrite(machine: Machine, attempt: Attempt): boolean {
  if (!machine.rules.checksTurn) return true;
  if (attempt.leaseEndsMs - machine.nowMs >= writeTimeoutMs + marginMs) return true;
  if (!renew(machine.ledger, holderOf(attempt), machine.nowMs)) return false;
  attempt.leaseEndsMs = machine.nowMs + leaseMs;
  return true;
}

export function settleOne(
  machine: Machine,
  attempt: Attempt,
  { entry, isOwn }: Phase & { at: 'settling' },
  luck: Luck,
): StepAnswer {
  if (entry.status !== 'unsettled' && !(entry.status === 'not-done' && isOwn))
    return isOwn ? leave(attempt, entry) : next(machine, attempt);
  if (!hasTimeForWrite(machine, attempt)) return leave(attempt, 'the turn was lost');
  const seen = view(machine, attempt, luck, memoryOf(machine, attempt));
  const verdict = judgeNow(machine, attempt, entry, seen, (machine.nowMs - entry.writeByMs) / 1000);
  if (verdict === 'half-done' || (isOwn && (verdict === 'not-done' || verdict === 'too-early'))) {
    const isFresh = !machine.rules.knowsItBegan;
    const plan = writesLeft(entry, seen);
    const carrying = { entry, plan, known: seen.held, written: 0, round: 1, isFresh, isDoubtful: true };
    attempt.phase = { at: 'resuming', carrying };
    return null;
  }
  if (verdict === 'too-early') {
    return machine.nowMs >= attempt.deadlineMs ? leave(attempt, isOwn ? entry : 'busy') : null;
  }
  if (
    entry.status === 'not-done' &&
    machine.rules.reopens &&
    !resume(machine.ledger, holderOf(attempt), entry, machine.nowMs)
  )
    return leave(attempt, entry);
  const held = verdict === 'done' ? entry.after : verdict === 'not-done' ? entry.before : seen.held;
  const outcome = outcomeOf(machine, attempt, entry, { status: verdict, held, isDoubtful: true });
  attempt.phase = { at: 'recording', entry, outcome };
  return null;
}

function next(machine: Machine, attempt: Attempt): null {
  goOn(attempt, machine.nowMs);
  return null;
}

export function resumeAndWrite(machine: Machine, attempt: Attempt, carrying: Carrying): StepAnswer {
  if (!resume(machine.ledger, holderOf(attempt), carrying.entry, machine.nowMs)) return leave(attempt, carrying.entry);
  attempt.phase = { at: 'writing', carrying };
  return null;
}

/** Only what the entry said it would remove, so that a late write of it can be told from others. */
const writesLeft = (entry: Entry, seen: View) =>
  planFrom(entry.after, seen).filter((one) => one.does === 'assign' || entry.removes.includes(one.role));

/** How far along an entry a set of roles is: what it wants and is there, what it does not want and is gone. */
const progress = ({ before, after }: Entry, held: readonly RoleId[]) =>
  after.filter((id) => !before.includes(id) && held.includes(id)).length +
  before.filter((id) => !after.includes(id) && !held.includes(id)).length;

const afterWrite = (held: readonly RoleId[], { does, role }: Write) =>
  does === 'assign' ? [...new Set([...held, role])] : held.filter((id) => id !== role);

const troubleOf = (fate: Fate) => (fate === 'refused' || fate === 'turned-away' ? fate : 'lost');

/** Sends one write, or records that all are done. */
export function write(machine: Machine, attempt: Attempt, carrying: Carrying, luck: Luck): StepAnswer {
  const { entry, plan, written } = carrying;
  const [first, ...rest] = plan;
  const settleAs = (result: Pick<Outcome, 'status'> & { held: Outcome['leaves'] | null }) => {
    const outcome = outcomeOf(machine, attempt, entry, { ...result, isDoubtful: carrying.isDoubtful });
    attempt.phase = { at: 'recording', entry, outcome };
    return null;
  };
  if (first === undefined) return settleAs({ status: 'done', held: entry.after });
  if (!hasTimeForWrite(machine, attempt)) return leave(attempt, entry);
  const fate = send(machine.member, first, luck.fate, machine.nowMs);
  if (fate === 'applied') {
    attempt.phase = {
      at: 'writing',
      carrying: { ...carrying, plan: rest, known: afterWrite(carrying.known, first), written: written + 1 },
    };
    return null;
  }
  const trouble = troubleOf(fate);
  if (written === 0 && carrying.round === 1 && carrying.isFresh && trouble !== 'lost') {
    return settleAs({ status: trouble === 'refused' ? 'rejected' : 'not-done', held: null });
  }
  const isDoubtful = carrying.isDoubtful || trouble === 'lost';
  attempt.phase = { at: 'looking', carrying: { ...carrying, isDoubtful }, trouble };
  return null;
}

/** After a lost answer or a refusal half-way: the verdict, or the writes that are left. */
export function look(machine: Machine, attempt: Attempt, phase: Phase & { at: 'looking' }, luck: Luck): StepAnswer {
  const { carrying, trouble } = phase;
  const { entry, known, isDoubtful } = carrying;
  const seen = view(machine, attempt, luck, memoryOf(machine, attempt));
  const judged = judgeNow(machine, attempt, entry, seen, 0);
  const settleAs = (status: Outcome['status'], held: Outcome['leaves'] | null) => {
    attempt.phase = {
      at: 'recording',
      entry,
      outcome: outcomeOf(machine, attempt, entry, { status, held, isDoubtful }),
    };
    return null;
  };
  if (judged === 'done' || judged === 'superseded') return settleAs(judged, seen.held);
  const isBehind = machine.rules.knowsProgress && progress(entry, known) > progress(entry, seen.held);
  const held = isBehind ? known : seen.held;
  if (isBehind && sameRoles(known, entry.after)) return settleAs('done', held);
  if (trouble === 'refused') {
    if (progress(entry, held) > 0) return settleAs('partial', held);
    // a write before this one may have landed, and the read lags
    return isDoubtful && machine.rules.knowsProgress ? leave(attempt, entry) : settleAs('rejected', held);
  }
  if (trouble === 'turned-away' || carrying.round >= roundsMax) return leave(attempt, entry);
  const plan = writesLeft(entry, seen);
  attempt.phase = {
    at: 'writing',
    carrying: { ...carrying, plan, known: held, written: 0, round: carrying.round + 1 },
  };
  return null;
}

export function record(machine: Machine, attempt: Attempt, phase: Phase & { at: 'recording' }): StepAnswer {
  const { entry, outcome } = phase;
  const isOthers = entry.attempt !== attempt.id && (entry.key === null || entry.key !== attempt.asked?.key);
  // whoever took the turn over settles it by their own reading: that verdict counts
  if (!settle(machine.ledger, holderOf(attempt), entry, outcome, machine.nowMs, isOthers))
    return leave(attempt, isOthers ? 'busy' : entry);
  attempt.memory = outcome.memory ?? attempt.memory;
  attempt.doubts = machine.ledger.turn.doubts;
  if (isOthers) return next(machine, attempt);
  return attempt.asked === null ? leave(attempt, 'restored') : verdictOf(entry);
}
