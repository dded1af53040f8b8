/** Identical reads in flight are one call: whoever asks the same while it runs gets its answer. */
import type { Clock } from '../domain/clock.ts';
import type { Urgency } from './pacer.ts';
import { type CallOptions, RobloxError } from './roblox.ts';

type Flight = { readonly promise: Promise<unknown>; readonly deadlineMs: number; readonly urgency: Urgency };

const rankOf = { change: 0, read: 1, bulk: 2 } as const;

export class SingleFlight {
  readonly #flights = new Map<string, Flight>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `late` makes the error for a joiner whose own deadline comes first. Equal keys must mean equal types. */
  async join<Value>(
    key: string,
    options: Pick<CallOptions, 'deadlineMs' | 'priority'>,
    late: () => RobloxError,
    start: (urgency: Urgency) => Promise<Value>,
  ): Promise<Value> {
    for (;;) {
      const running = this.#flights.get(key);
      if (running === undefined) return this.#start(key, options, start);
      // The one who started it may have been less urgent than we are.
      if (rankOf[options.priority] < rankOf[running.urgency.priority]) running.urgency.priority = options.priority;
      try {
        return (await this.#within(running, options.deadlineMs, late)) as Value;
      } catch (error) {
        // It ran out of its starter's time, not of ours.
        const isEarly = error instanceof RobloxError && (error.failure === 'busy' || error.failure === 'unavailable');
        if (!isEarly || options.deadlineMs <= running.deadlineMs) throw error;
      }
    }
  }

  async #start<Value>(
    key: string,
    options: Pick<CallOptions, 'deadlineMs' | 'priority'>,
    start: (urgency: Urgency) => Promise<Value>,
  ): Promise<Value> {
    const urgency: Urgency = { priority: options.priority };
    const promise = start(urgency);
    this.#flights.set(key, { promise, deadlineMs: options.deadlineMs, urgency });
    try {
      return await promise;
    } finally {
      this.#flights.delete(key);
    }
  }

  async #within(running: Flight, deadlineMs: number, late: () => RobloxError): Promise<unknown> {
    if (deadlineMs >= running.deadlineMs) return running.promise;
    const abort = new AbortController();
    const tooLate = this.#clock.wait(Math.max(0, deadlineMs - this.#clock.monotonicMs()), abort.signal).then(() => {
      throw late();
    });
    try {
      return await Promise.race([running.promise, tooLate]);
    } finally {
      tooLate.catch(() => {});
      abort.abort();
    }
  }
}
