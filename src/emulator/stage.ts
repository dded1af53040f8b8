/** Everything that lives between calls: the world, its clock, the faults that wait, and writes that have yet to land. */
import { RefusedByRoblox } from './answer.ts';
import { Challenges } from './challenges.ts';
import type { EmulatedClock } from './emulated-clock.ts';
import { Faults } from './faults.ts';
import { Limits } from './limits.ts';
import { RequestLog } from './request-log.ts';
import { worldOf } from './seed-world.ts';
import type { World } from './world.ts';

type LateWrite = { readonly due: Date; readonly apply: (now: Date) => void };

export class Stage {
  readonly clock: EmulatedClock;
  readonly faults = new Faults();
  readonly limits = new Limits();
  readonly requests = new RequestLog();
  readonly challenges = new Challenges();
  /** Aborted when the emulator closes: whoever waits gives up. */
  readonly closing = new AbortController();
  #world: World;
  #lateWrites: LateWrite[] = [];

  constructor(clock: EmulatedClock, seed: unknown) {
    this.clock = clock;
    this.#world = worldOf(seed, clock.now());
  }

  /** The world now, with every late write in it that is due. */
  get world(): World {
    this.#settleLateWrites();
    return this.#world;
  }

  /** Plays another world. Throws `SeedError` and changes nothing when the seed is wrong. */
  load(seed: unknown): void {
    this.#world = worldOf(seed, this.clock.now());
    this.#lateWrites = [];
    this.limits.refill();
  }

  applyLater(seconds: number, apply: (now: Date) => void): void {
    this.#lateWrites.push({ due: new Date(this.clock.now().getTime() + seconds * 1000), apply });
  }

  #settleLateWrites(): void {
    const now = this.clock.now();
    const due = this.#lateWrites.filter((write) => write.due <= now);
    if (due.length === 0) return;
    this.#lateWrites = this.#lateWrites.filter((write) => write.due > now);
    for (const write of due.sort((a, b) => a.due.getTime() - b.due.getTime())) {
      try {
        write.apply(write.due);
      } catch (error) {
        // The caller has gone; a write that is refused when it lands simply does not happen.
        if (!(error instanceof RefusedByRoblox)) throw error;
      }
    }
  }
}
