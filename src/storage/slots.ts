/** Slots of Roblox's limits, shared by all processes: each bucket knows when its next slot is free. */
import { type Database, givenNow, runPrepared, type Statement } from './database.ts';

/**
 * Committed without waiting for the disk: a call may have to wait for its slot, and nothing is promised with it. When this
 * process ends nothing is lost. When PostgreSQL or the machine crashes, the last half second of slots may be forgotten, which the
 * 3 % left free of Roblox's limits make up for.
 */
const take: Statement = {
  name: 'slots.take',
  text: `
    with ${givenNow('bucket text, spacing_ms double precision, burst integer, count integer')},
    taken as (
      insert into slots as s (bucket, next_at)
      select p.bucket, p.now + make_interval(secs => (p.count - p.burst + 1) * p.spacing_ms / 1000) from p
      on conflict (bucket) do update set next_at =
        (select greatest(s.next_at, p.now - make_interval(secs => (p.burst - 1) * p.spacing_ms / 1000))
          + make_interval(secs => p.count * p.spacing_ms / 1000) from p)
      returning next_at
    )
    select (extract(epoch from (taken.next_at - p.now)) * 1000 - p.count * p.spacing_ms)::double precision as first_in_ms,
      set_config('synchronous_commit', 'off', true)
    from taken, p`,
};

export type SlotStore = {
  /**
   * Reserves `count` slots, `spacingMs` apart, after all reserved before; a bucket left alone gathers `burst` of them.
   * Answers in how many milliseconds the first one starts; negative: it has already started.
   */
  take(request: { bucket: string; spacingMs: number; burst: number; count: number }): Promise<{ firstInMs: number }>;
};

export function createSlotStore(database: Database): SlotStore {
  return {
    async take({ bucket, spacingMs, burst, count }) {
      const parameters = { bucket, spacing_ms: spacingMs, burst, count };
      const [row] = await runPrepared<{ first_in_ms: number }>(database, take, parameters);
      if (row === undefined) throw new Error('slots.take answered no row');
      return { firstInMs: row.first_in_ms };
    },
  };
}
