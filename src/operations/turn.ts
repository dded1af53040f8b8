/** Takes the turn of a member: one change at a time, over all processes and workspaces (design.md 3.3). */
import type { Clock } from '../domain/clock.ts';
import type { GroupId, UserId } from '../domain/ids.ts';
import { Refused } from '../domain/refusals.ts';
import type { Memory } from '../domain/settlement.ts';
import type { Storage } from '../storage/storage.ts';
import {
  type ActionRef,
  type ClaimRequest,
  type Held,
  leaseSeconds,
  type TurnRow,
  writeTimeoutSeconds,
} from '../storage/turns.ts';

/** Another holder has taken the turn, or may have: nothing more may be sent to Roblox. */
export class TurnLost extends Error {
  override readonly name = 'TurnLost';
}

export type Turn = {
  readonly held: Held;
  /** The unsettled action found with the turn; it is settled before anything new begins. */
  readonly pending: ActionRef | null;
  /** What Brevet last made of the member; `learn` keeps it true while the turn lasts. */
  readonly memory: Memory | null;
  learn(memory: Memory): void;
  /** The database's time now, reckoned from when the turn was taken. */
  now(): Date;
  /** How long the turn is certainly ours, by our own clock. */
  leaseLeftMs(): number;
  /** Makes sure that a full write time-out of the lease is left, renewing it when not. Throws TurnLost. */
  assertTimeForWrite(): Promise<void>;
  /** Gives the turn back without a verdict. */
  release(): Promise<void>;
  /** A statement of ours has given it back already: wakes the next in line. */
  wasGivenBack(): void;
};

export type TurnRequest = {
  readonly groupId: GroupId;
  readonly userId: UserId;
  readonly claim: ClaimRequest | null;
  readonly deadlineMs: number;
  /** The client has gone: stop waiting. */
  readonly signal?: AbortSignal;
};

export type TurnAnswer =
  /** `action`: what a former owner of the key intended. */
  | { readonly kind: 'turn'; readonly turn: Turn; readonly action: ActionRef | null }
  | { readonly kind: 'completed'; readonly action: ActionRef };

export type Turns = {
  /** Throws Refused: `idempotency.mismatch`, `idempotency.running`, `roblox.busy` when the turn does not come in time. */
  take(request: TurnRequest): Promise<TurnAnswer>;
};

/** How often a waiter asks again; the holder may be in another process, which cannot wake us. */
const askAgainMs = 200;
/** Slack for the time between reading our clock and the request's first byte. */
const marginMs = 500;

/** `processName` must differ between processes; it makes a holder's name unique. */
export function createTurns(deps: { storage: Storage; clock: Clock; processName: string }): Turns {
  const { storage, clock } = deps;
  const waiting = new Map<string, Set<() => void>>();
  let holders = 0;

  function wakeNext(place: string): void {
    const [next] = waiting.get(place) ?? [];
    next?.();
  }

  async function waitForRelease(place: string, signal: AbortSignal | undefined): Promise<void> {
    const waiters = waiting.get(place) ?? new Set();
    waiting.set(place, waiters);
    const woken = new AbortController();
    const wake = () => woken.abort();
    waiters.add(wake);
    const signals = signal === undefined ? woken.signal : AbortSignal.any([woken.signal, signal]);
    try {
      await clock.wait(askAgainMs, signals).catch(() => {});
    } finally {
      waiters.delete(wake);
      if (waiters.size === 0) waiting.delete(place);
    }
  }

  function turnFrom(row: TurnRow, held: Held, takenMs: number): Turn {
    const place = `${held.groupId}/${held.userId}`;
    let leaseEndsMs = takenMs + leaseSeconds * 1000;
    let { memory } = row;
    return {
      held,
      pending: row.pending,
      get memory() {
        return memory;
      },
      learn(settled) {
        memory = settled;
      },
      now: () => new Date(row.now.getTime() + (clock.monotonicMs() - takenMs)),
      leaseLeftMs: () => leaseEndsMs - clock.monotonicMs(),
      async assertTimeForWrite() {
        const needed = writeTimeoutSeconds * 1000 + marginMs;
        if (leaseEndsMs - clock.monotonicMs() >= needed) return;
        const askedMs = clock.monotonicMs();
        if (!(await storage.shared.turns.renew(held))) throw new TurnLost();
        leaseEndsMs = askedMs + leaseSeconds * 1000;
        if (leaseEndsMs - clock.monotonicMs() < needed) throw new TurnLost();
      },
      async release() {
        await storage.shared.turns.release(held);
        wakeNext(place);
      },
      wasGivenBack: () => wakeNext(place),
    };
  }

  return {
    async take({ groupId, userId, claim, deadlineMs, signal }) {
      holders += 1;
      const holder = `${deps.processName}/${holders}`;
      const place = `${groupId}/${userId}`;
      for (;;) {
        const askedMs = clock.monotonicMs();
        const answer = await storage.shared.turns.begin({ holder, groupId, userId, claim });
        switch (answer.claim?.kind) {
          case 'mismatch':
            throw new Refused({ code: 'idempotency.mismatch' });
          case 'running':
            throw new Refused({ code: 'idempotency.running' });
          case 'completed':
            return { kind: 'completed', action: answer.claim.action };
          case 'owned':
          case undefined:
        }
        const fence = answer.turn?.fence ?? 0;
        const held: Held = { holder, groupId, userId, fence, claim };
        if (answer.turn !== null) {
          return { kind: 'turn', turn: turnFrom(answer.turn, held, askedMs), action: answer.claim?.action ?? null };
        }
        if (clock.monotonicMs() >= deadlineMs || signal?.aborted === true) {
          await storage.shared.turns.release(held);
          const hasIntent = answer.claim?.kind === 'owned' && answer.claim.action !== null;
          throw new Refused(hasIntent ? { code: 'action.unsettled' } : { code: 'roblox.busy', retryAfterSeconds: 5 });
        }
        await waitForRelease(place, signal);
      }
    },
  };
}
