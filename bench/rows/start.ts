/** From starting the program to its first answer, its database being there: a get-rank, which needs key, group and Roblox. */
import { compared, type Outcome, type Row } from '../row.ts';
import { median, rounded } from '../statistics.ts';
import { brevetCrew, cloudGroup, getRank } from '../world.ts';

const starts = 5;
const limitSeconds = 2;

export const start: Row = {
  id: 'start',
  measure: 'start to first answer, warm',
  target: `≤ ${limitSeconds} s`,
  async run({ stage, progress }): Promise<Outcome> {
    const { brevet, roblox } = await stage.paced();
    await brevet.stop();
    const seconds: number[] = [];
    for (let count = 1; count <= starts; count += 1) {
      progress(`start: ${count} of ${starts}`);
      const startedMs = performance.now();
      const again = await stage.startPaced(roblox, brevet.dataDir);
      await again.client.expect(getRank(cloudGroup, brevetCrew.firstId));
      seconds.push((performance.now() - startedMs) / 1000);
      await again.stop();
    }
    const middle = median(seconds);
    return {
      measured: `${middle.toFixed(2)} s (median of ${starts}; slowest ${Math.max(...seconds).toFixed(2)})`,
      ...compared(middle, limitSeconds, 's'),
      details: { seconds: seconds.map((one) => rounded(one, 3)) },
    };
  },
};
