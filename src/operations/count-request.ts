/** Inbound limits: so many requests a UTC minute for a key, agreed between all processes by taking them in blocks. */
import type { Clock } from '../domain/clock.ts';
import { Refused } from '../domain/refusals.ts';
import type { Storage } from '../storage/storage.ts';

export type RequestWindows = {
  /** Throws Refused `limit.requests` when the minute is used up. */
  count(keyId: number, perMinute: number): Promise<void>;
};

/** A block costs one statement; the more of them, the finer processes share a minute. */
const blocksPerMinute = 24;

export function createRequestWindows({ storage, clock }: { storage: Storage; clock: Clock }): RequestWindows {
  const blocks = new Map<number, { left: number; endsMs: number }>();
  const underWay = new Map<number, Promise<void>>();

  async function take(keyId: number, perMinute: number): Promise<void> {
    const nowMs = clock.monotonicMs();
    const size = Math.max(1, Math.ceil(perMinute / blocksPerMinute));
    const { granted, secondsLeft } = await storage.shared.keys.takeRequests(keyId, size, perMinute);
    if (granted === 0) throw new Refused({ code: 'limit.requests', retryAfterSeconds: Math.max(1, secondsLeft) });
    blocks.set(keyId, { left: granted, endsMs: nowMs + secondsLeft * 1000 });
  }

  return {
    async count(keyId, perMinute) {
      for (;;) {
        const block = blocks.get(keyId);
        if (block !== undefined && block.left > 0 && clock.monotonicMs() < block.endsMs) {
          block.left -= 1;
          return;
        }
        // requests that come together share one block
        const taking = underWay.get(keyId) ?? take(keyId, perMinute).finally(() => underWay.delete(keyId));
        underWay.set(keyId, taking);
        await taking;
      }
    },
  };
}
