/** CPU time of a set-rank by cookie, 8 in flight: Brevet's process alone, and with PostgreSQL, against noblox.js behind node:http. */

import type { Ask } from '../load.ts';
import { canMeasureProcesses, cpuOf } from '../machine.ts';
import { compared, needsLinux, type Outcome, type Row } from '../row.ts';
import type { Server } from '../stage.ts';
import { median, rounded } from '../statistics.ts';
import { cookieGroup, setRank } from '../world.ts';

const perRound = 500;
/** V8 goes on compiling for the first two thousand requests; a server that runs for weeks has that behind it. */
const warmUps = 4;
const inFlight = 8;
const ownMax = 2;
const treeMax = 3.5;

export const cpu: Row = {
  id: 'cpu',
  measure: 'CPU per set-rank, cookie on both sides, 8 in flight',
  target: `own ≤ ${ownMax} ×, with PostgreSQL ≤ ${treeMax} × node:http + noblox.js that stores nothing`,
  async run({ stage, rounds, progress }): Promise<Outcome> {
    if (!canMeasureProcesses) return needsLinux;
    const [brevet, bare, roblox] = [await stage.unpaced(), await stage.bareServer(), await stage.openRoblox()];
    const askBrevet = () => {
      const { userId, rank } = roblox.climbs[cookieGroup].next();
      return setRank(cookieGroup, userId, rank);
    };
    const askBare = (): Ask => {
      const { userId, rank } = roblox.climbs.bare.next();
      const body = JSON.stringify({ group: cookieGroup, userId, rank });
      return { method: 'POST', path: '/set-rank', headers: { 'content-type': 'application/json' }, body };
    };
    progress(`cpu: warming up, ${warmUps * perRound} set-ranks each`);
    for (let count = 0; count < warmUps; count += 1) {
      await cpuPer(bare, askBare);
      await cpuPer(brevet, askBrevet);
    }
    const measured = { bare: [] as number[], own: [] as number[], tree: [] as number[] };
    const perSecond = { bare: [] as number[], brevet: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      progress(`cpu: round ${round} of ${rounds}, ${perRound} set-ranks each`);
      const ofBare = await cpuPer(bare, askBare);
      const ofBrevet = await cpuPer(brevet, askBrevet);
      measured.bare.push(ofBare.ownMs);
      measured.own.push(ofBrevet.ownMs);
      measured.tree.push(ofBrevet.treeMs);
      perSecond.bare.push(ofBare.perSecond);
      perSecond.brevet.push(ofBrevet.perSecond);
    }
    const bareMs = median(measured.bare);
    const own = median(measured.own) / bareMs;
    const tree = median(measured.tree) / bareMs;
    const ofOwn = compared(own, ownMax, '× (own)');
    const ofTree = compared(tree, treeMax, '× (with PostgreSQL)');
    const by = [ofOwn.by, ofTree.by].filter((one) => one !== undefined).join('; ');
    return {
      measured: `own ${own.toFixed(2)} ×, with PostgreSQL ${tree.toFixed(2)} ×`,
      ...(by === '' ? { met: 'yes' } : { met: 'no', by }),
      details: {
        bareMs: rounded(bareMs),
        brevetOwnMs: rounded(median(measured.own)),
        brevetTreeMs: rounded(median(measured.tree)),
        setRanksPerSecond: { bare: rounded(median(perSecond.bare), 0), brevet: rounded(median(perSecond.brevet), 0) },
        rounds: measured,
      },
    };
  },
};

async function cpuPer(server: Server, ask: () => Ask) {
  const before = cpuOf(server.pid);
  const { done, perSecond } = await server.client.run({ ask, inFlight, requests: perRound });
  const after = cpuOf(server.pid);
  return { ownMs: (after.ownMs - before.ownMs) / done, treeMs: (after.treeMs - before.treeMs) / done, perSecond };
}
