/**
 * A thousand set-ranks at Roblox's documented limit, on the program as it is run, the emulator's limits on. There is no
 * bulk job yet, so 32 clients ask for one after another. By default a window of it, `--long` all thousand.
 */
import { compared, type Outcome, type Row } from '../row.ts';
import { rounded } from '../statistics.ts';
import { cloudGroup, setRank } from '../world.ts';

const inFlight = 32;
const long = 1_000;
/** The first seconds use what an idle bucket has saved up. */
const settlingMs = 8_000;
const windowMs = 60_000;
/** Of assigning a role (roblox-api.md 4.3): what Roblox permits. */
const permittedPerMinute = 300;
const shareMin = 0.95;

export const bulk: Row = {
  id: 'bulk',
  measure: 'bulk of 1,000 at the documented limit',
  target: `≥ ${shareMin * 100} % of the permitted rate, no 429 provoked`,
  async run({ stage, isLong, progress }): Promise<Outcome> {
    const { brevet, roblox } = await stage.paced();
    // a minute's allowance is not shared with what other rows have used of it
    await roblox.limits(true);
    await roblox.forgetCalls();
    const ask = () => {
      const { userId, rank } = roblox.climbs[cloudGroup].next();
      return setRank(cloudGroup, userId, rank);
    };
    const amount = isLong ? { requests: long } : { forMs: settlingMs + windowMs };
    progress(
      isLong
        ? 'bulk: 1,000 set-ranks, about three and a half minutes'
        : 'bulk: a window of 68 s and what is under way then',
    );
    const startedMs = Date.now();
    const loaded = await brevet.client.run({ ask, inFlight, ...amount });
    const calls = await roblox.calls();
    await roblox.limits(false);

    const assigned = calls
      .filter((call) => call.endpoint === 'cloudAssignRole' && call.status === 200)
      .map((call) => call.timeMs)
      .filter((timeMs) => isLong || (timeMs >= startedMs + settlingMs && timeMs < startedMs + settlingMs + windowMs));
    const overMs = isLong ? (assigned.at(-1) ?? 0) - (assigned[0] ?? 0) : windowMs;
    const perMinute = ((isLong ? assigned.length - 1 : assigned.length) / overMs) * 60_000;
    const share = perMinute / permittedPerMinute;
    const refused = calls.filter((call) => call.status === 429).length;
    const rate = compared(share * 100, shareMin * 100, 'percentage points', 'atLeast');
    const by = [rate.by, refused === 0 ? undefined : `${refused} × 429`].filter((one) => one !== undefined).join('; ');
    return {
      measured: `${(share * 100).toFixed(1)} % (${perMinute.toFixed(0)} a minute of ${permittedPerMinute}), ${refused} × 429${isLong ? '' : ', in a window of 60 s'}`,
      ...(by === '' ? { met: 'yes' } : { met: 'no', by }),
      details: { perMinute: rounded(perMinute), share: rounded(share, 3), refused, setRanks: loaded.done, isLong },
    };
  },
};
