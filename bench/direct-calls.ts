/** The Roblox calls of one set-rank by cookie, made straight at the emulator: what Brevet's delay is counted on top of. */
import type { Ask } from './load.ts';
import type { Roblox } from './stage.ts';
import { botCookie, cookieGroup, directCrew, roleIdAt } from './world.ts';

export async function directCalls(roblox: Roblox): Promise<() => Promise<number>> {
  const cookie = `.ROBLOSECURITY=${botCookie}`;
  let csrf = '';
  let count = 0;
  const patch = (userId: number, rung: number): Ask => ({
    method: 'PATCH',
    path: `/groups.roblox.com/v1/groups/${cookieGroup}/users/${userId}`,
    headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' },
    body: JSON.stringify({ roleId: roleIdAt(cookieGroup, rung) }),
  });
  const answer = await fetch(`${roblox.url}${patch(directCrew.firstId, 1).path}`, {
    method: 'PATCH',
    headers: { cookie, 'content-type': 'application/json' },
    body: '{}',
  });
  csrf = answer.headers.get('x-csrf-token') ?? '';

  return async () => {
    const userId = directCrew.firstId + (count % directCrew.size);
    const rung = (Math.floor(count / directCrew.size) + 1) % 8;
    count += 1;
    const read = await roblox.client.expect({
      method: 'GET',
      path: `/groups.roblox.com/v2/users/${userId}/groups/roles`,
      headers: { cookie },
    });
    return read.tookMs + (await roblox.client.expect(patch(userId, rung))).tookMs;
  };
}
