/** The machine's clock, handed to everything that needs time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './domain/clock.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async wait(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
