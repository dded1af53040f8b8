/**
 * Slots of Roblox's limits. The database hands them out in small blocks, shared by all processes; here callers wait for
 * them: a change before a read before bulk work, and within that in order of arrival.
 */
import type { Clock } from '../domain/clock.ts';
import type { GatewayLog } from './gateway-log.ts';
import type { Pace } from './pace.ts';
import type { CallOptions, GatewayNeeds } from './roblox.ts';

/** Shared by all who wait for the same call, and raised when somebody more urgent joins them. */
export type Urgency = { priority: CallOptions['priority'] };

/** No slot before the deadline, or none could be had (`isOutage`). */
export class NoSlot extends Error {
  override readonly name = 'NoSlot';
  readonly retryAfterMs: number;
  readonly isOutage: boolean;

  constructor(retryAfterMs: number, isOutage = false) {
    super(isOutage ? 'slots could not be taken' : 'no slot before the deadline');
    this.retryAfterMs = retryAfterMs;
    this.isOutage = isOutage;
  }
}

type Slot = { readonly fromMs: number; readonly untilMs: number };

type Waiter = {
  readonly urgency: Urgency;
  readonly deadlineMs: number;
  readonly granted: () => void;
  readonly refused: (reason: NoSlot) => void;
};

type Bucket = {
  readonly name: string;
  readonly pace: Pace;
  /** Ascending by time. */
  slots: Slot[];
  waiters: Waiter[];
  pausedUntilMs: number;
  isTaking: boolean;
  wake: { readonly atMs: number; readonly abort: AbortController } | null;
  /** When slots were used in the last second: as many are taken the next time. */
  used: number[];
};

const rankOf = { change: 0, read: 1, bulk: 2 } as const;
/** The next block is taken this long before the present one ends, so that the database's answer is there in time. */
const lookAheadMs = 250;
const idleBucketsMax = 10_000;

export class Pacer {
  readonly #buckets = new Map<string, Bucket>();
  readonly #takeSlots: GatewayNeeds['takeSlots'];
  readonly #clock: Clock;
  readonly #log: GatewayLog;

  constructor(takeSlots: GatewayNeeds['takeSlots'], clock: Clock, log: GatewayLog) {
    this.#takeSlots = takeSlots;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves when the caller may call. Rejects with `NoSlot`. */
  slot(name: string, pace: Pace, urgency: Urgency, deadlineMs: number): Promise<void> {
    const bucket = this.#bucket(name, pace);
    return new Promise((granted, refused) => {
      bucket.waiters.push({ urgency, deadlineMs, granted, refused });
      this.#advance(bucket);
    });
  }

  /** Roblox said that this bucket is empty: nobody uses a slot of it before then, whoever reserved it. */
  pause(name: string, pace: Pace, untilMs: number): void {
    const bucket = this.#bucket(name, pace);
    bucket.pausedUntilMs = Math.max(bucket.pausedUntilMs, untilMs);
  }

  /** 0 when the bucket is not paused. */
  pausedForMs(name: string): number {
    return Math.max(0, (this.#buckets.get(name)?.pausedUntilMs ?? 0) - this.#clock.monotonicMs());
  }

  #bucket(name: string, pace: Pace): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      if (this.#buckets.size >= idleBucketsMax) this.#dropIdle();
      bucket = { name, pace, slots: [], waiters: [], pausedUntilMs: 0, isTaking: false, wake: null, used: [] };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  #dropIdle(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, bucket] of this.#buckets) {
      const isIdle = bucket.waiters.length === 0 && !bucket.isTaking && bucket.pausedUntilMs < nowMs;
      if (isIdle && bucket.slots.every((slot) => slot.untilMs < nowMs)) this.#buckets.delete(name);
    }
  }

  /** Ends all waiting. */
  close(): void {
    for (const bucket of this.#buckets.values()) {
      bucket.wake?.abort.abort();
      bucket.wake = null;
      this.#refuse(bucket, bucket.waiters, new NoSlot(1000, true));
    }
  }

  /** The one step of a bucket: whatever has happened, do what can be done now and be woken for the next thing. */
  #advance(bucket: Bucket): void {
    const nowMs = this.#clock.monotonicMs();
    while (bucket.slots[0] !== undefined && bucket.slots[0].untilMs < nowMs) bucket.slots.shift();
    const isPaused = bucket.pausedUntilMs > nowMs;
    if (!isPaused) this.#grant(bucket, nowMs);
    this.#refuseLate(bucket, nowMs);
    if (bucket.waiters.length === 0) {
      // A timer nobody waits for would only keep the process from ending.
      bucket.wake?.abort.abort();
      bucket.wake = null;
      return;
    }

    let nextMs = Math.min(...bucket.waiters.map((waiter) => waiter.deadlineMs));
    if (isPaused) {
      nextMs = Math.min(nextMs, bucket.pausedUntilMs);
    } else {
      const firstMs = bucket.slots[0]?.fromMs;
      if (firstMs !== undefined) nextMs = Math.min(nextMs, firstMs);
      if (bucket.waiters.length > bucket.slots.length && !bucket.isTaking) {
        const takeMs = (bucket.slots.at(-1)?.fromMs ?? nowMs) - lookAheadMs;
        if (takeMs <= nowMs) void this.#take(bucket, nowMs);
        else nextMs = Math.min(nextMs, takeMs);
      }
    }
    this.#wakeAt(bucket, nextMs);
  }

  /** Those whose deadline has come, or comes before anything can be granted. */
  #refuseLate(bucket: Bucket, nowMs: number): void {
    const nextSlotMs = Math.max(nowMs, bucket.pausedUntilMs, bucket.slots[0]?.fromMs ?? 0);
    const late = bucket.waiters.filter((waiter) => waiter.deadlineMs <= nowMs || waiter.deadlineMs < nextSlotMs);
    if (late.length === 0) return;
    const queueMs = bucket.waiters.length * bucket.pace.spacingMs;
    this.#refuse(bucket, late, new NoSlot(Math.max(nextSlotMs - nowMs, queueMs)));
  }

  #refuse(bucket: Bucket, waiters: readonly Waiter[], reason: NoSlot): void {
    bucket.waiters = bucket.waiters.filter((waiter) => !waiters.includes(waiter));
    for (const waiter of waiters) waiter.refused(reason);
  }

  #grant(bucket: Bucket, nowMs: number): void {
    while (bucket.waiters.length > 0) {
      const slot = bucket.slots[0];
      if (slot === undefined || slot.fromMs > nowMs) return;
      bucket.slots.shift();
      const next = mostUrgent(bucket.waiters);
      bucket.waiters.splice(bucket.waiters.indexOf(next), 1);
      bucket.used.push(nowMs);
      next.granted();
    }
  }

  async #take(bucket: Bucket, askedMs: number): Promise<void> {
    const { pace } = bucket;
    bucket.isTaking = true;
    // Those who ask in the same breath share a block.
    await Promise.resolve();
    bucket.used = bucket.used.filter((usedMs) => usedMs > askedMs - 1000);
    // As many as are wanted now, or as the last second used: a quiet process takes one at a time and leaves the rest to others.
    const wanted = Math.max(bucket.waiters.length - bucket.slots.length, bucket.used.length);
    const count = Math.min(pace.blockMax, Math.max(1, wanted));
    try {
      const { spacingMs, burst } = pace;
      const { firstInMs } = await this.#takeSlots({ bucket: bucket.name, spacingMs, burst, count });
      const nowMs = this.#clock.monotonicMs();
      for (let index = 0; index < count; index++) {
        const inMs = firstInMs + index * spacingMs;
        const fromMs = nowMs + Math.max(0, inMs);
        // Counted from when we asked, because the database's answer was on its way for a while; but never unusable.
        bucket.slots.push({ fromMs, untilMs: Math.max(fromMs, askedMs + Math.max(0, inMs) + pace.lifeMs) });
      }
      bucket.slots.sort((a, b) => a.fromMs - b.fromMs);
    } catch (error) {
      this.#log({
        level: 'warn',
        msg: 'slots could not be taken',
        bucket: bucket.name,
        error: error instanceof Error ? error.name : typeof error,
      });
      this.#refuse(bucket, bucket.waiters, new NoSlot(1000, true));
    } finally {
      bucket.isTaking = false;
    }
    this.#advance(bucket);
  }

  /** At most one timer a bucket; a spurious waking does no harm. */
  #wakeAt(bucket: Bucket, atMs: number): void {
    if (bucket.wake !== null) {
      if (bucket.wake.atMs <= atMs) return;
      bucket.wake.abort.abort();
    }
    const wake = { atMs, abort: new AbortController() };
    bucket.wake = wake;
    const awake = () => {
      if (bucket.wake !== wake) return;
      bucket.wake = null;
      this.#advance(bucket);
    };
    this.#clock.wait(Math.max(0, atMs - this.#clock.monotonicMs()), wake.abort.signal).then(awake, () => {});
  }
}

function mostUrgent(waiters: readonly Waiter[]): Waiter {
  return waiters.reduce((best, waiter) =>
    rankOf[waiter.urgency.priority] < rankOf[best.urgency.priority] ? waiter : best,
  );
}
