/** A clock for tests: nobody ever really waits. */
import type { Clock } from '../../domain/clock.ts';

type Sleeper = { readonly atMs: number; readonly wake: () => void };

export class VirtualClock implements Clock {
  /** True: time jumps to the next sleeper as soon as everybody sleeps. False: it moves only by `advance`. */
  readonly #isRunning: boolean;
  readonly #startMs: number;
  #elapsedMs = 0;
  #sleepers: Sleeper[] = [];

  constructor(options: { isRunning?: boolean; start?: Date } = {}) {
    this.#isRunning = options.isRunning ?? true;
    this.#startMs = (options.start ?? new Date('2026-11-22T12:00:00Z')).getTime();
  }

  now(): Date {
    return new Date(this.#startMs + this.#elapsedMs);
  }

  /** Not the wall clock's number, as on any real machine. */
  monotonicMs(): number {
    return 1_000_000 + this.#elapsedMs;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const sleeper: Sleeper = { atMs: this.#elapsedMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
      // A turn of the event loop later, so that whoever can still go on without waiting does so first.
      if (this.#isRunning) setImmediate(() => this.#wakeNext(Number.POSITIVE_INFINITY));
    });
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    // Whoever can go on without waiting does so before time moves.
    do await new Promise((done) => setImmediate(done));
    while (this.#wakeNext(untilMs));
    this.#elapsedMs = untilMs;
  }

  #wakeNext(untilMs: number): boolean {
    const next = this.#sleepers.reduce<Sleeper | null>(
      (first, sleeper) => (first === null || sleeper.atMs < first.atMs ? sleeper : first),
      null,
    );
    if (next === null || next.atMs > untilMs) return false;
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
    next.wake();
    return true;
  }
}
