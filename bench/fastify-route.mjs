// The least a server can do for a get-rank: one Fastify route that makes the same Roblox call over kept connections, and
// answers with what it said. No key is checked, nothing is counted, paced, remembered or retried.
import Fastify from 'fastify';
import { Pool } from 'undici';

const { UPSTREAM: upstream = '', ROBLOX_KEY: key = '' } = process.env;
const roblox = new Pool(upstream, { connections: 64 });
const app = Fastify();
app.get('/groups/:group/rank/:user', async (request) => {
  const { group, user } = /** @type {{ group: string, user: string }} */ (request.params);
  const filter = encodeURIComponent(`user == 'users/${user}'`);
  const answer = await roblox.request({
    method: 'GET',
    path: `/apis.roblox.com/cloud/v2/groups/${group}/memberships?maxPageSize=10&filter=${filter}`,
    headers: { 'x-api-key': key },
  });
  const { groupMemberships } = /** @type {{ groupMemberships: { role: string }[] }} */ (await answer.body.json());
  return { userId: user, role: groupMemberships[0]?.role ?? null };
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.once('SIGTERM', () => process.exit(0));
