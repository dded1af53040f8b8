/** Get-ranks a second through Brevet, against a Fastify route that makes the same Roblox call and nothing else. */
import type { Ask } from '../load.ts';
import { canMeasureProcesses, cpuOf } from '../machine.ts';
import { compared, type Outcome, type Row } from '../row.ts';
import type { Server } from '../stage.ts';
import { median, rounded } from '../statistics.ts';
import { getRank as askBrevetFor, brevetCrew, cloudGroup } from '../world.ts';

const inFlight = 32;
const windowMs = 3_000;
const ratioMin = 0.4;

export const getRank: Row = {
  id: 'get-rank',
  measure: 'get-ranks a second, 32 in flight',
  target: `≥ ${ratioMin} × a Fastify route that makes the same Roblox call`,
  async run({ stage, rounds, progress }): Promise<Outcome> {
    const [brevet, route] = [await stage.unpaced(), await stage.fastifyRoute()];
    let count = 0;
    // nobody asks the same at the same time: identical reads in flight would be one call
    const nextUser = () => brevetCrew.firstId + (count++ % brevetCrew.size);
    const askBrevet = () => askBrevetFor(cloudGroup, nextUser());
    const askRoute = (): Ask => ({ method: 'GET', path: `/groups/${cloudGroup}/rank/${nextUser()}`, headers: {} });
    progress('get-rank: warming up');
    await perSecond(route, askRoute);
    await perSecond(brevet, askBrevet);
    const measured = { route: [] as number[], brevet: [] as number[] };
    const cpuMs = { route: [] as number[], own: [] as number[], tree: [] as number[] };
    for (let round = 1; round <= rounds; round += 1) {
      progress(`get-rank: round ${round} of ${rounds}, ${windowMs / 1000} s each`);
      const ofRoute = await perSecond(route, askRoute);
      const ofBrevet = await perSecond(brevet, askBrevet);
      measured.route.push(ofRoute.perSecond);
      measured.brevet.push(ofBrevet.perSecond);
      cpuMs.route.push(ofRoute.ownMs);
      cpuMs.own.push(ofBrevet.ownMs);
      cpuMs.tree.push(ofBrevet.treeMs);
    }
    const ratio = median(measured.brevet) / median(measured.route);
    return {
      measured: `${ratio.toFixed(2)} × (${median(measured.brevet).toFixed(0)} against ${median(measured.route).toFixed(0)} a second)`,
      ...compared(ratio, ratioMin, '×', 'atLeast'),
      details: {
        ratio: rounded(ratio),
        perSecond: measured,
        cpuMsEach: {
          route: rounded(median(cpuMs.route)),
          brevetOwn: rounded(median(cpuMs.own)),
          brevetTree: rounded(median(cpuMs.tree)),
        },
      },
    };
  },
};

async function perSecond(server: Server, ask: () => Ask) {
  const before = canMeasureProcesses ? cpuOf(server.pid) : { ownMs: 0, treeMs: 0 };
  const loaded = await server.client.run({ ask, inFlight, forMs: windowMs });
  const after = canMeasureProcesses ? cpuOf(server.pid) : before;
  const each = (ms: number) => ms / loaded.done;
  return {
    perSecond: loaded.perSecond,
    ownMs: each(after.ownMs - before.ownMs),
    treeMs: each(after.treeMs - before.treeMs),
  };
}
