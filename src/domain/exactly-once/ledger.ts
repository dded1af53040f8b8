/**
 * The database as exactly-once needs it: one turn, the journal, the keys. Each function is one guarded statement of
 * `src/storage/turns.ts` or `src/storage/journal.ts`: it happens whole or not at all.
 */
import type { ActionStatus } from '../action.ts';
import type { Rank, RoleId } from '../ids.ts';
import { type Doubt, lookAgainSeconds } from '../late-writes.ts';
import type { Memory } from '../settlement.ts';

export const leaseMs = 15_000;
export const writeTimeoutMs = 7_000;

type Intention = {
  readonly before: readonly RoleId[];
  readonly after: readonly RoleId[];
  /** What its first writes remove: of the read and of the last settled set together. */
  readonly removes: readonly RoleId[];
  readonly toRank: Rank;
  /** When Roblox was read for it. */
  readonly readMs: number;
  /** Made by the timer, to undo what a late write did. */
  readonly isRestoration: boolean;
};

/** A row of the journal. */
export type Entry = Intention & {
  readonly id: number;
  readonly attempt: number;
  readonly key: string | null;
  readonly createdMs: number;
  status: ActionStatus;
  /** Ladder roles the verdict leaves the member with; null: not known yet. */
  leaves: readonly RoleId[] | null;
  writeByMs: number;
  /** When its verdict was given; an action run again by its key has a later one. */
  settledMs: number;
  /** It was "not done" before, and its key ran it again. */
  wasRunAgain: boolean;
};

type Key = { owner: number; ownerExpiresMs: number; entry: Entry | null; isCompleted: boolean };

export type Ledger = {
  readonly entries: Entry[];
  readonly keys: Map<string, Key>;
  readonly turn: {
    holder: number | null;
    fence: number;
    expiresMs: number;
    pending: Entry | null;
    memory: Memory | null;
    doubts: readonly Doubt[];
  };
  /** False plays the defect "no fence": statements do not ask whose turn it is. */
  readonly checksTurn: boolean;
};

/** Who asks: an attempt, and the fence it was given with the turn. */
export type Holder = { readonly attempt: number; readonly fence: number; readonly key: string | null };

export function emptyLedger(checksTurn: boolean): Ledger {
  const turn = { holder: null, fence: 0, expiresMs: -1, pending: null, memory: null, doubts: [] };
  return { entries: [], keys: new Map(), turn, checksTurn };
}

type Claim = { kind: 'owned'; former: Entry | null } | { kind: 'running' } | { kind: 'completed'; entry: Entry };

/** `fence` null: somebody else has the turn. */
export function begin(
  ledger: Ledger,
  attempt: number,
  key: string | null,
  nowMs: number,
): { claim: Claim | null; fence: number | null } {
  const claim = key === null ? null : claimKey(ledger, attempt, key, nowMs);
  if (claim !== null && claim.kind !== 'owned') return { claim, fence: null };
  const { turn } = ledger;
  if (turn.expiresMs >= nowMs) return { claim, fence: null };
  turn.holder = attempt;
  turn.fence += 1;
  turn.expiresMs = nowMs + leaseMs;
  return { claim, fence: turn.fence };
}

function claimKey(ledger: Ledger, attempt: number, key: string, nowMs: number): Claim {
  const row = ledger.keys.get(key) ?? { owner: attempt, ownerExpiresMs: -1, entry: null, isCompleted: false };
  ledger.keys.set(key, row);
  if (row.isCompleted && row.entry !== null) return { kind: 'completed', entry: row.entry };
  if (row.ownerExpiresMs >= nowMs && row.owner !== attempt) return { kind: 'running' };
  row.owner = attempt;
  row.ownerExpiresMs = nowMs + leaseMs;
  return { kind: 'owned', former: row.entry };
}

const hasTurn = ({ turn, checksTurn }: Ledger, by: Holder) =>
  !checksTurn || (turn.holder === by.attempt && turn.fence === by.fence);

function claimOf(ledger: Ledger, by: Holder): Key | undefined {
  const row = by.key === null ? undefined : ledger.keys.get(by.key);
  return row !== undefined && row.owner === by.attempt && !row.isCompleted ? row : undefined;
}

export function renew(ledger: Ledger, by: Holder, nowMs: number): boolean {
  if (!hasTurn(ledger, by) || (ledger.checksTurn && ledger.turn.expiresMs <= nowMs)) return false;
  ledger.turn.expiresMs = nowMs + leaseMs;
  const claim = claimOf(ledger, by);
  if (claim !== undefined) claim.ownerExpiresMs = nowMs + leaseMs;
  const { pending } = ledger.turn;
  if (pending?.status === 'unsettled') pending.writeByMs = nowMs + leaseMs - writeTimeoutMs;
  return true;
}

/** Without a verdict: a key without an intent is forgotten, one with an intent may be taken over. */
export function release(ledger: Ledger, by: Holder, nowMs: number): void {
  const { turn } = ledger;
  if (turn.holder === by.attempt && turn.fence === by.fence) {
    turn.holder = null;
    turn.expiresMs = -1;
    if (turn.pending?.status === 'unsettled') turn.pending.writeByMs = Math.min(turn.pending.writeByMs, nowMs);
  }
  const claim = claimOf(ledger, by);
  if (claim === undefined || by.key === null) return;
  if (claim.entry === null) ledger.keys.delete(by.key);
  else claim.ownerExpiresMs = -1;
}

/** Null: a guard was not met, nothing was written. `mayReplace`: over an action left unsettled (the defect "forgotten settle"). */
export function intend(
  ledger: Ledger,
  by: Holder,
  intention: Intention,
  nowMs: number,
  mayReplace: boolean,
): Entry | null {
  const { turn } = ledger;
  if (!hasTurn(ledger, by) || (ledger.checksTurn && turn.expiresMs <= nowMs)) return null;
  if (turn.pending !== null && ledger.checksTurn && !mayReplace) return null;
  const claim = claimOf(ledger, by);
  if (by.key !== null && (claim === undefined || claim.entry !== null)) return null;
  const entry = newEntry(ledger, by, intention, nowMs);
  entry.writeByMs = turn.expiresMs - writeTimeoutMs;
  turn.pending = entry;
  if (claim !== undefined) claim.entry = entry;
  return entry;
}

function newEntry(ledger: Ledger, by: Holder, intention: Intention, nowMs: number): Entry {
  const entry: Entry = {
    ...intention,
    id: ledger.entries.length + 1,
    attempt: by.attempt,
    key: by.key,
    createdMs: nowMs,
    status: 'unsettled',
    leaves: null,
    writeByMs: nowMs,
    settledMs: nowMs,
    wasRunAgain: false,
  };
  ledger.entries.push(entry);
  return entry;
}

/** Makes an action that came to nothing, or was left unsettled, the turn's intent again. */
export function resume(ledger: Ledger, by: Holder, entry: Entry, nowMs: number): boolean {
  const { turn } = ledger;
  if (!hasTurn(ledger, by) || (ledger.checksTurn && turn.expiresMs <= nowMs)) return false;
  if (turn.pending !== null && turn.pending !== entry) return false;
  if (entry.status !== 'not-done' && entry.status !== 'unsettled') return false;
  turn.pending = entry;
  if (entry.status === 'not-done') entry.wasRunAgain = true;
  entry.status = 'unsettled';
  entry.leaves = null;
  entry.writeByMs = turn.expiresMs - writeTimeoutMs;
  return true;
}

export type Outcome = {
  readonly status: ActionStatus;
  /** Null: nothing was found out. */
  readonly leaves: readonly RoleId[] | null;
  /** Null: what was settled before stands. */
  readonly memory: Memory | null;
  /** Writes of it may still land. */
  readonly isDoubtful: boolean;
};

/** The verdict: journal, key, memory, doubt and turn in one. */
export function settle(
  ledger: Ledger,
  by: Holder,
  entry: Entry,
  outcome: Outcome,
  nowMs: number,
  keepsTurn: boolean,
): boolean {
  const { turn } = ledger;
  if (!hasTurn(ledger, by) || (ledger.checksTurn && turn.pending !== entry) || entry.status !== 'unsettled')
    return false;
  turn.pending = null;
  turn.memory = outcome.memory ?? turn.memory;
  if (outcome.isDoubtful) {
    const until = new Date(Math.max(nowMs, entry.writeByMs) + lookAgainSeconds * 1000);
    turn.doubts = [...turn.doubts, { adds: entry.after, removes: entry.removes, until }];
  }
  if (!keepsTurn) {
    turn.holder = null;
    turn.expiresMs = -1;
  }
  entry.status = outcome.status;
  entry.settledMs = nowMs;
  entry.leaves = outcome.leaves;
  const key = entry.key === null ? undefined : ledger.keys.get(entry.key);
  if (key?.entry === entry) {
    if (outcome.status === 'not-done') key.ownerExpiresMs = -1;
    else key.isCompleted = true;
  }
  return true;
}

/** Already there: a verdict without an intent. */
export function closeUnchanged(
  ledger: Ledger,
  by: Holder,
  found: { readonly rank: Rank; readonly held: readonly RoleId[]; readonly readMs: number },
  nowMs: number,
): Entry | null {
  const { turn } = ledger;
  if (!hasTurn(ledger, by)) return null;
  turn.holder = null;
  turn.expiresMs = -1;
  const { rank: toRank, held, readMs } = found;
  const intention = { before: held, after: held, removes: [], toRank, readMs, isRestoration: false };
  const entry = newEntry(ledger, by, intention, nowMs);
  entry.status = 'unchanged';
  entry.leaves = found.held;
  // an answer given while a late write may turn up has to outlive it
  if (turn.doubts.length > 0) {
    const transitions = turn.memory?.transitions ?? [];
    turn.memory = { held: found.held, settledAt: new Date(nowMs), isOnlyRole: false, transitions };
  }
  const claim = claimOf(ledger, by);
  if (claim !== undefined) {
    claim.entry = entry;
    claim.isCompleted = true;
  }
  return entry;
}

/** Somebody looked: doubts that are over are forgotten. */
export function forgetDoubts(ledger: Ledger, by: Holder, nowMs: number): void {
  if (!hasTurn(ledger, by)) return;
  ledger.turn.doubts = ledger.turn.doubts.filter((doubt) => doubt.until.getTime() > nowMs);
}
