/**
 * What a set-rank takes longer than its two Roblox calls. One at a time, slower than the pace, on the program as it is run:
 * a set-rank, the same two calls made directly, and a durable insert into the same PostgreSQL, in turns.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type DatabaseProbe, openProbe } from '../database.ts';
import { directCalls } from '../direct-calls.ts';
import { canMeasureProcesses } from '../machine.ts';
import { compared, needsLinux, type Outcome, type Row } from '../row.ts';
import type { Brevet } from '../stage.ts';
import { median, rounded } from '../statistics.ts';
import { brevetCrew, cookieGroup, getRank, setRank } from '../world.ts';

const perRound = 40;
/** Slots lie 209 ms apart; a request that had to wait for one would measure Roblox's limit. */
const everyMs = 230;
const durableMax = 3;

export const addedDelay: Row = {
  id: 'delay',
  measure: 'delay added to the Roblox calls, one at a time',
  target: `median ≤ 2 ms + 3 × one durable insert; ≤ ${durableMax} durable statements`,
  async run({ stage, rounds, progress }): Promise<Outcome> {
    if (!canMeasureProcesses) return needsLinux;
    const { brevet, roblox } = await stage.paced();
    await roblox.limits(false);
    const probe = await openProbe(brevet.pid);
    try {
      const direct = await directCalls(roblox);
      const nextSetRank = () => {
        const { userId, rank } = roblox.climbs[cookieGroup].next();
        return setRank(cookieGroup, userId, rank);
      };
      const [taken, calls, inserts]: [number[], number[], number[]] = [[], [], []];
      await settledSyncs(brevet, probe);
      let syncs = 0;
      for (let round = 0; round <= rounds; round += 1) {
        const isWarmUp = round === 0;
        progress(isWarmUp ? 'delay: warming up' : `delay: round ${round} of ${rounds}, ${perRound} set-ranks`);
        if (round === 1) syncs = await settledSyncs(brevet, probe);
        for (let count = 0; count < perRound; count += 1) {
          const next = wait(everyMs);
          const insertMs = await probe.durableInsertMs();
          const callsMs = await direct();
          const { tookMs } = await brevet.client.expect(nextSetRank());
          await next;
          if (isWarmUp) continue;
          taken.push(tookMs);
          calls.push(callsMs);
          inserts.push(insertMs);
        }
      }
      const durable = ((await settledSyncs(brevet, probe)) - syncs) / taken.length;
      const [setRankMs, callsMs, insertMs] = [median(taken), median(calls), median(inserts)];
      const addedMs = setRankMs - callsMs;
      const limitMs = 2 + 3 * insertMs;
      const delay = compared(addedMs, limitMs, 'ms');
      // the jobs' own statements fall into the same time: a twentieth more is not one of ours
      const statements = compared(durable, durableMax + 0.05, 'statements');
      const by = [delay.by, statements.by].filter((one) => one !== undefined).join('; ');
      return {
        measured: `${addedMs.toFixed(2)} ms (limit ${limitMs.toFixed(2)}; an insert ${insertMs.toFixed(2)} ms); ${durable.toFixed(2)} durable`,
        ...(by === '' ? { met: 'yes' } : { met: 'no', by }),
        details: {
          setRankMs: rounded(setRankMs),
          directCallsMs: rounded(callsMs),
          durableInsertMs: rounded(insertMs),
          addedMs: rounded(addedMs),
          limitMs: rounded(limitMs),
          durableStatements: rounded(durable),
          samples: taken.length,
        },
      };
    } finally {
      await probe.close();
    }
  },
};

/** A session reports its syncs with the first statement a second after the last report, so every one is given a statement. */
async function settledSyncs(brevet: Brevet, probe: DatabaseProbe): Promise<number> {
  await wait(1_200);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => brevet.client.ask(getRank(cookieGroup, brevetCrew.firstId + index))),
  );
  await wait(1_200);
  return probe.syncs();
}
