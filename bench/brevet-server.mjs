// The built server with two things the program has no setting for: as many Roblox calls a minute as one likes (BENCH_UNPACED=1,
// the emulator's limits being off), and a clock on every step of a request (BENCH_SPANS=1, GET /_bench/spans). Plain
// JavaScript, so that no TypeScript loader counts among what is measured.
const built = (/** @type {string} */ file) => import(new URL(`../dist/${file}`, import.meta.url).href);
const { buildApp } = await built('app.js');
const { compose } = await built('compose.js');
const { loadConfig } = await built('config.js');
const { runRounds } = await built('jobs/rounds.js');
const { createLog } = await built('telemetry/log.js');

const config = loadConfig();
const log = createLog(config.logLevel, 2);
const unpaced = process.env.BENCH_UNPACED === '1' ? { perMinute: () => 6_000_000 } : {};
const parts = await compose(config, log, unpaced);
const { deps, notReady } = parts;
const isTimed = process.env.BENCH_SPANS === '1';
/** @type {{ name: string, startMs: number, endMs: number }[]} */
let spans = [];
if (isTimed) timeEverything();

const app = await buildApp({
  config,
  deps,
  log,
  version: 'bench',
  managementTokens: () => [config.adminToken],
  notReady,
});
if (isTimed) {
  app.get('/_bench/spans', async () => {
    const taken = spans;
    spans = [];
    return taken;
  });
}
const url = await app.listen({ port: 0, host: '127.0.0.1' });
const rounds = new AbortController();
const running = runRounds(deps, rounds.signal);
process.stdout.write(`${JSON.stringify({ url })}\n`);

process.once('SIGTERM', async () => {
  rounds.abort();
  await app.close();
  await running;
  await parts.close();
});

/** Puts a clock around the functions through which every request goes, in place: others hold on to the same objects. */
function timeEverything() {
  const { shared } = deps.storage;
  time(shared.keys, 'keys', ['find', 'takeRequests']);
  time(shared.slots, 'slots', ['take']);
  time(shared.turns, 'turns', ['begin', 'renew', 'release']);
  time(shared.journal, 'journal', ['intend', 'settle', 'close']);
  time(
    deps.roblox,
    'roblox',
    Object.keys(deps.roblox).filter((name) => name !== 'close' && name !== 'forgetGroup'),
  );
  const { tenant } = deps.storage;
  deps.storage.tenant = (/** @type {number} */ id) => {
    const stores = tenant(id);
    time(stores.ranking, 'ranking', ['settings']);
    return stores;
  };
}

/** @param {Record<string, (...given: unknown[]) => Promise<unknown>>} owner @param {string} prefix @param {string[]} names */
function time(owner, prefix, names) {
  for (const name of names) {
    const act = owner[name];
    if (act === undefined) throw new Error(`there is no ${prefix}.${name} to time`);
    owner[name] = async (...given) => {
      const startMs = performance.now();
      try {
        return await act.apply(owner, given);
      } finally {
        spans.push({ name: `${prefix}.${name}`, startMs, endMs: performance.now() });
      }
    };
  }
}
