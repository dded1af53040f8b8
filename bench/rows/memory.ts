/** What a server holds after 3,000 set-ranks: Node's resident memory, and PostgreSQL's processes, what they share counted once. */
import { canMeasureProcesses, pssBelowMb, rssMb } from '../machine.ts';
import { compared, needsLinux, type Outcome, type Row } from '../row.ts';
import { rounded } from '../statistics.ts';
import { cookieGroup, setRank } from '../world.ts';

const setRanks = 3_000;
const inFlight = 8;
const limitMb = 260;

export const memory: Row = {
  id: 'memory',
  measure: 'memory after 3,000 set-ranks',
  target: `≤ ${limitMb} MB: Node's RSS + PSS of all PostgreSQL processes`,
  async run({ stage, progress }): Promise<Outcome> {
    if (!canMeasureProcesses) return needsLinux;
    const roblox = await stage.openRoblox();
    progress('memory: starting a Brevet that has done nothing yet');
    const brevet = await stage.startOwn(roblox, { BENCH_UNPACED: '1' });
    const ask = () => {
      const { userId, rank } = roblox.climbs[cookieGroup].next();
      return setRank(cookieGroup, userId, rank);
    };
    const before = { nodeMb: rssMb(brevet.pid), postgresMb: pssBelowMb(brevet.pid) };
    progress(`memory: ${setRanks} set-ranks`);
    await brevet.client.run({ ask, inFlight, requests: setRanks });
    const after = { nodeMb: rssMb(brevet.pid), postgresMb: pssBelowMb(brevet.pid) };
    await brevet.stop();
    const total = after.nodeMb + after.postgresMb;
    return {
      measured: `${total.toFixed(0)} MB (Node ${after.nodeMb.toFixed(0)}, PostgreSQL ${after.postgresMb.toFixed(0)})`,
      ...compared(total, limitMb, 'MB'),
      details: { totalMb: rounded(total, 1), after, before },
    };
  },
};
