/**
 * Roblox, played: both API families that rank people in groups, over one state, for development and tests. It knows
 * nothing of who calls it. README.md says what is played and how it is steered.
 */
import Fastify from 'fastify';
import { controlRoutes } from './control.ts';
import { defaultSeed } from './default-world.ts';
import { type Clock, EmulatedClock } from './emulated-clock.ts';
import { type Fault, type FaultInput, faultSchema } from './faults.ts';
import { notPlayed, withHostInPath } from './hosts.ts';
import { registerRoutes } from './play.ts';
import type { RequestRecord } from './request-log.ts';
import { Stage } from './stage.ts';
import type { World } from './world.ts';

export type Emulator = {
  /** Put the host in front of each path: `${url}/groups.roblox.com/v1/groups/7001`. */
  readonly url: string;
  readonly port: number;
  /** The world now. Another object after `load`: ask for it anew rather than keeping it. */
  readonly world: World;
  /** The calls so far, oldest first. */
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  addFault(fault: FaultInput): Fault;
  clearFaults(): void;
  advanceClock(seconds: number): void;
  /** Plays another world. Throws `SeedError`. */
  load(seed: unknown): void;
  close(): Promise<void>;
};

export type EmulatorOptions = {
  /** 0 or none: any free port. */
  port?: number;
  host?: string;
  /** See README.md; without one the default world is played. Throws `SeedError` when it is wrong. */
  seed?: unknown;
  clock?: Clock;
};

export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const clock = new EmulatedClock(options.clock ?? { now: () => new Date() });
  const stage = new Stage(clock, options.seed ?? defaultSeed());
  const host = options.host ?? '127.0.0.1';
  const app = Fastify({
    rewriteUrl: withHostInPath,
    bodyLimit: 64 * 1024 * 1024,
    // A hanging call must not keep the emulator from closing.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  registerRoutes(app, stage);
  await app.register(controlRoutes, { prefix: '/_emulator', stage });
  app.setNotFoundHandler(notPlayed(stage));
  await app.listen({ port: options.port ?? 0, host });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    get world() {
      return stage.world;
    },
    requests: () => stage.requests.list(),
    clearRequests: () => stage.requests.clear(),
    addFault: (fault) => stage.faults.add(faultSchema.parse(fault)),
    clearFaults: () => stage.faults.clear(),
    advanceClock: (seconds) => clock.advance(seconds * 1000),
    load: (seed) => stage.load(seed),
    close: async () => {
      stage.closing.abort();
      await app.close();
    },
  };
}
