/** The slots of one database, kept in memory: what `GatewayNeeds.takeSlots` promises, for tests without a database. */
import type { Clock } from '../../domain/clock.ts';
import type { GatewayNeeds } from '../roblox.ts';

export type MemorySlots = {
  readonly takeSlots: GatewayNeeds['takeSlots'];
  /** What was asked for, in order. */
  readonly taken: Parameters<GatewayNeeds['takeSlots']>[0][];
};

export function memorySlots(clock: Clock): MemorySlots {
  const nextAt = new Map<string, number>();
  const taken: MemorySlots['taken'] = [];
  return {
    taken,
    async takeSlots(request) {
      taken.push(request);
      const { bucket, spacingMs, burst, count } = request;
      const nowMs = clock.monotonicMs();
      const idleMs = nowMs - (burst - 1) * spacingMs;
      const firstMs = Math.max(nextAt.get(bucket) ?? idleMs, idleMs);
      nextAt.set(bucket, firstMs + count * spacingMs);
      return { firstInMs: firstMs - nowMs };
    },
  };
}
