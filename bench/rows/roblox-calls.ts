/** How many Roblox calls an operation costs when roles and bot are known, counted by the emulator. */
import type { Outcome, Row } from '../row.ts';
import type { Brevet, Roblox } from '../stage.ts';
import { rounded } from '../statistics.ts';
import {
  botKey,
  brevetCrew,
  cloudGroup,
  cookieGroup,
  directCrew,
  getRank,
  highestRank,
  lowestRank,
  roleIdAt,
  setRank,
} from '../world.ts';

const samples = 20;

export const robloxCalls: Row = {
  id: 'calls',
  measure: 'Roblox calls per warm set-rank',
  target: 'cookie 1 read + 1 write; Open Cloud 1 read + 1 write + 1 a leftover role; get-rank 1',
  async run({ stage, progress }): Promise<Outcome> {
    const [brevet, roblox] = [await stage.unpaced(), await stage.openRoblox()];
    progress('counting the Roblox calls of set-rank and get-rank');
    const { client } = brevet;
    const climb = (group: typeof cookieGroup | typeof cloudGroup) => async () => {
      const { userId, rank } = roblox.climbs[group].next();
      await client.expect(setRank(group, userId, rank));
    };
    const counted = {
      cookie: await callsPer(roblox, climb(cookieGroup)),
      // a climbing member leaves one role behind
      openCloudWithOneLeftover: await callsPer(roblox, climb(cloudGroup)),
      openCloudWithoutLeftover: await withoutLeftover(brevet, roblox),
      getRankByCookie: await callsPer(roblox, async (index) => {
        await client.expect(getRank(cookieGroup, brevetCrew.firstId + index));
      }),
      getRankByOpenCloud: await callsPer(roblox, async (index) => {
        await client.expect(getRank(cloudGroup, brevetCrew.firstId + index));
      }),
      cookieDemotion: await demotion(brevet, roblox),
    };
    const { cookie, openCloudWithOneLeftover: one, openCloudWithoutLeftover: none } = counted;
    const promised = [
      [cookie, 2],
      [one, 3],
      [none, 2],
      [counted.getRankByCookie, 1],
      [counted.getRankByOpenCloud, 1],
    ] as const;
    const excess = Math.max(...promised.map(([count, most]) => count - most));
    return {
      measured: `cookie ${cookie}; Open Cloud ${none} + ${rounded(one - none)} a leftover; get-rank ${counted.getRankByOpenCloud}; (cookie demotion, with its check read: ${counted.cookieDemotion})`,
      ...(excess <= 0 ? { met: 'yes' } : { met: 'no', by: `${rounded(excess)} calls too many` }),
      details: counted,
    };
  },
};

async function callsPer(roblox: Roblox, act: (index: number) => Promise<void>): Promise<number> {
  await roblox.forgetCalls();
  for (let index = 0; index < samples; index += 1) await act(index);
  return (await roblox.calls()).length / samples;
}

/** Members who hold no ladder role: the assignment is the only write. */
async function withoutLeftover(brevet: Brevet, roblox: Roblox): Promise<number> {
  for (let index = 0; index < samples; index += 1) {
    await roblox.client.expect({
      method: 'POST' as const,
      path: `/apis.roblox.com/cloud/v2/groups/${cloudGroup}/memberships/${directCrew.firstId + index}:unassignRole`,
      headers: { 'x-api-key': botKey, 'content-type': 'application/json' },
      body: JSON.stringify({ role: `groups/${cloudGroup}/roles/${roleIdAt(cloudGroup, 0)}` }),
    });
  }
  return callsPer(roblox, async (index) => {
    await brevet.client.expect(setRank(cloudGroup, directCrew.firstId + index, highestRank));
  });
}

/** Downwards a cookie's write may uncover a higher role that it could not see, so Brevet looks once more. */
async function demotion(brevet: Brevet, roblox: Roblox): Promise<number> {
  const userAt = (index: number) => directCrew.firstId + directCrew.size - 1 - index;
  for (let index = 0; index < samples; index += 1)
    await brevet.client.expect(setRank(cookieGroup, userAt(index), highestRank));
  return callsPer(roblox, async (index) => {
    await brevet.client.expect(setRank(cookieGroup, userAt(index), lowestRank));
  });
}
