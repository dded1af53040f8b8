/** The server as one living thing: the parts, the app listening, the rounds of the clock; and how it ends in order. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { compose, type Parts } from './compose.ts';
import type { Config } from './config.ts';
import { runRounds } from './jobs/rounds.ts';
import { createLog } from './telemetry/log.ts';
import { version } from './version.ts';

/** Requests under way get this long once the server is told to stop. */
const drainMs = 2_500;
/** Then Roblox is left alone, and they get this long to say so; what is not settled is settled at the next start. */
const farewellMs = 750;

export type RunningServer = {
  readonly parts: Parts;
  readonly app: FastifyInstance;
  /** How commands and the demo reach it on this machine. */
  readonly localUrl: string;
  /** Opens the management API for commands on this machine, as long as this process lives. */
  readonly commandToken: string;
  stop(): Promise<void>;
};

/** `progress` hears what takes longer than a moment; `logTo` 2 keeps stdout for an answer. */
export async function startServer(
  config: Config,
  progress: (line: string) => void,
  logTo: 1 | 2 = 1,
): Promise<RunningServer> {
  const log = createLog(config.logLevel, logTo);
  const parts = await compose(config, log, { progress });
  const rounds = new AbortController();
  try {
    const commandToken = randomBytes(32).toString('base64url');
    const tokens = config.adminToken === null ? [commandToken] : [commandToken, config.adminToken];
    const { deps, notReady } = parts;
    const app = await buildApp({ config, deps, log, version, managementTokens: () => tokens, notReady });
    await app.listen({ port: config.port, host: config.host });
    const localUrl = localUrlOf(app);
    const running = config.roles.has('jobs') ? runRounds(deps, rounds.signal) : Promise.resolve();
    return {
      parts,
      app,
      localUrl,
      commandToken,
      async stop() {
        rounds.abort();
        await drain(app, parts);
        await Promise.race([running, deps.clock.wait(500)]);
        await parts.close();
      },
    };
  } catch (error) {
    rounds.abort();
    await parts.close();
    throw error;
  }
}

async function drain(app: FastifyInstance, { deps }: Parts): Promise<void> {
  const leaveRoblox = setTimeout(() => void deps.roblox.close(), drainMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMs + farewellMs);
  await app.close();
  clearTimeout(leaveRoblox);
  clearTimeout(cut);
}

function localUrlOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  const isEverywhere = address.address === '0.0.0.0' || address.address === '::';
  const host = isEverywhere ? '127.0.0.1' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
