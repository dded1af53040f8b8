/** Who is on stage: the emulator, Brevet in its two forms, and the baselines, each a process of its own, started when first asked for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { removeCluster } from '../src/database/placement.ts';
import { Client } from './load.ts';
import { type Running, startProcess } from './processes.ts';
import {
  type BenchGroup,
  bareCrew,
  botCookie,
  botKey,
  brevetCrew,
  Climb,
  cloudGroup,
  cookieGroup,
  highestRank,
  lowestRank,
  seed,
  setRank,
  warmUpCrew,
  workspaceDocuments,
} from './world.ts';

const adminToken = 'the-bench-on-this-machine';

export type Server = Running & { readonly client: Client };
/** An emulator of its own for everybody who could disturb others' limits or call counts. */
export type Roblox = Server & {
  /** Names of the endpoints called since it was last asked, with status and time. */
  calls(): Promise<{ endpoint: string | null; status: number | null; timeMs: number }[]>;
  forgetCalls(): Promise<void>;
  limits(isEnabled: boolean): Promise<void>;
  /** How far its members have climbed; in the cookie's group those of the bare server too. */
  readonly climbs: Readonly<Record<BenchGroup | 'bare', Climb>>;
};
export type Brevet = Server & { readonly dataDir: string };

export type StageOptions = {
  readonly progress: (line: string) => void;
  /** Where `--profile` wants CPU profiles of the unpaced server. */
  readonly profileDir: string | null;
};

export class Stage {
  readonly #options: StageOptions;
  readonly #started: { stop(): Promise<void> }[] = [];
  readonly #known = new Map<string, Promise<unknown>>();
  #folder: Promise<string> | null = null;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Limits off: what is compared is what a server can do. */
  openRoblox(): Promise<Roblox> {
    return this.#once('the played Roblox', () => this.#startRoblox());
  }

  /** Brevet as `brevet start` runs it, in front of an emulator of its own. */
  async paced(): Promise<{ brevet: Brevet; roblox: Roblox }> {
    const roblox = await this.#once('another played Roblox', () => this.#startRoblox());
    const brevet = await this.#once('Brevet, paced as for Roblox', () => this.startPaced(roblox));
    return { brevet, roblox };
  }

  /** Brevet that may call the emulator as often as it likes. */
  async unpaced(): Promise<Brevet> {
    const roblox = await this.openRoblox();
    return this.#once('Brevet, unpaced', () => this.startOwn(roblox, { BENCH_UNPACED: '1' }));
  }

  async bareServer(): Promise<Server> {
    const roblox = await this.openRoblox();
    const env = { UPSTREAM: roblox.url, COOKIE: botCookie };
    return this.#once('node:http with noblox.js', () =>
      this.#start('bare-server', 'bench/baselines/bare-server.mjs', { env }),
    );
  }

  async fastifyRoute(): Promise<Server> {
    const roblox = await this.openRoblox();
    const env = { UPSTREAM: roblox.url, ROBLOX_KEY: botKey };
    return this.#once('the Fastify route', () => this.#start('fastify-route', 'bench/fastify-route.mjs', { env }));
  }

  /** `brevet start` on a data folder, a new one unless said otherwise. */
  async startPaced(roblox: Server, dataDir?: string): Promise<Brevet> {
    return this.#startBrevet('dist/main.js', ['start', '--json'], roblox, {}, dataDir);
  }

  async startOwn(roblox: Server, env: Record<string, string>): Promise<Brevet> {
    return this.#startBrevet('bench/brevet-server.mjs', [], roblox, env);
  }

  async end(): Promise<void> {
    for (const one of this.#started.reverse()) await one.stop();
    if (this.#folder !== null) await rm(await this.#folder, { recursive: true, force: true });
  }

  #once<Value>(what: string, start: () => Promise<Value>): Promise<Value> {
    const known = this.#known.get(what) as Promise<Value> | undefined;
    if (known !== undefined) return known;
    this.#options.progress(`starting ${what}`);
    const starting = start();
    this.#known.set(what, starting);
    return starting;
  }

  async #folderFor(name: string): Promise<string> {
    this.#folder ??= mkdtemp(path.join(os.tmpdir(), 'brevet-bench-'));
    return path.join(await this.#folder, name);
  }

  async #start(name: string, script: string, options: Parameters<typeof startProcess>[2]): Promise<Server> {
    const process = await startProcess(name, script, options);
    const client = new Client(process.url);
    let stopping: Promise<void> | null = null;
    const stop = () => {
      stopping ??= client.close().then(() => process.stop());
      return stopping;
    };
    const server = { ...process, client, stop };
    this.#started.push(server);
    return server;
  }

  async #startRoblox(): Promise<Roblox> {
    const file = await this.#folderFor('seed.json');
    await writeFile(file, JSON.stringify(seed));
    const args = ['emulator', '--port', '0', '--json', '--seed', file];
    const server = await this.#start('the emulator', 'dist/main.js', { args });
    const control = (method: string, route: string, body?: object) =>
      fetch(`${server.url}/_emulator/${route}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    return {
      ...server,
      climbs: { [cookieGroup]: new Climb(brevetCrew), [cloudGroup]: new Climb(brevetCrew), bare: new Climb(bareCrew) },
      async calls() {
        type Call = { endpoint: string | null; status: number | null; time: string };
        const answer = (await (await control('GET', 'requests')).json()) as { requests: Call[] };
        return answer.requests.map(({ endpoint, status, time }) => ({ endpoint, status, timeMs: Date.parse(time) }));
      },
      forgetCalls: async () => void (await control('DELETE', 'requests')),
      async limits(isEnabled) {
        await control('DELETE', 'limits');
        await control('POST', 'limits', { isEnabled });
      },
    };
  }

  async #startBrevet(
    script: string,
    args: string[],
    roblox: Server,
    env: Record<string, string>,
    dataDir?: string,
  ): Promise<Brevet> {
    const folder = dataDir ?? (await this.#folderFor(`data-${this.#started.length}`));
    const { profileDir } = this.#options;
    const profiled = profileDir !== null && env['BENCH_UNPACED'] === '1';
    const server = await this.#start('Brevet', script, {
      args,
      nodeArgs: profiled ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [],
      env: {
        PORT: '0',
        DATA_DIR: folder,
        ROBLOX_UPSTREAM: roblox.url,
        ADMIN_TOKEN: adminToken,
        LOG_LEVEL: 'warn',
        ...env,
      },
    });
    const brevet = { ...server, dataDir: folder };
    if (dataDir !== undefined) return brevet;
    this.#started.splice(this.#started.indexOf(server), 0, { stop: () => removeCluster(folder) });
    await fill(server.client);
    return brevet;
  }
}

async function fill(client: Client): Promise<void> {
  for (const document of workspaceDocuments) {
    await client.expect({
      method: 'PUT',
      path: `/_/api/v1/workspaces/${document.workspace.slug}/document`,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    });
  }
  // roles, bot and CSRF token are read once and remembered: what is measured is a server that is warm
  const groups: BenchGroup[] = [cookieGroup, cloudGroup];
  for (const group of groups) {
    for (const rank of [lowestRank, highestRank]) await client.expect(setRank(group, warmUpCrew.firstId, rank));
  }
}
