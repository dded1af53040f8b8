// What people run today: node:http and noblox.js, nothing stored, nobody asked who they are. Its hosts are redirected to the
// emulator where noblox.js makes its requests, so that what it does is otherwise its own.
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const { UPSTREAM: upstream, COOKIE: cookie = '' } = process.env;
const require = createRequire(import.meta.url);
const requests = require(path.join(path.dirname(require.resolve('noblox.js')), 'util/http.js'));
const send = requests.func;
// It calls itself again when a CSRF token was refused, with an address that is redirected already.
requests.func = (/** @type {{ url: string }} */ args) => {
  if (!args.url.startsWith('http://')) args.url = args.url.replace(/^(https:)?\/\//, `${upstream}/`);
  return send(args);
};
const noblox = require('noblox.js');
await noblox.setCookie(cookie);

const server = http.createServer(async (request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = (/** @type {number} */ status, /** @type {object} */ body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  try {
    const { group, userId, rank } = JSON.parse(Buffer.concat(chunks).toString());
    const role = await noblox.setRank({ group, target: userId, rank });
    answer(200, { success: true, rank: role.rank });
  } catch (error) {
    answer(500, { success: false, error: String(error) });
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
