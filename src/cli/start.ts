/** `brevet start`: the server, until it is told to stop. */
import { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { compose, type Parts } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { runRounds } from '../jobs/rounds.ts';
import { createLog } from '../telemetry/log.ts';
import { version } from '../version.ts';
import { newCommandToken, removeServerFile, writeServerFile } from './server-file.ts';
import { stopSignal } from './stop-signal.ts';

/** Requests under way get this long once the server is told to stop; what is cut off is settled at the next start. */
const drainMs = 3_000;

export type RunningServer = {
  readonly parts: Parts;
  readonly app: FastifyInstance;
  /** How commands and the demo reach it on this machine. */
  readonly localUrl: string;
  readonly commandToken: string;
  stop(): Promise<void>;
};

export function startCommand(): Command {
  return new Command('start')
    .description('run the server')
    .option('--json', 'print one line of JSON with the address instead of text')
    .addHelpText(
      'after',
      '\nSettings come from the environment and from .env; .env.example explains each.\n\nExample:\n  brevet start',
    )
    .action(async (options: { json?: boolean }) => {
      const config = loadConfig();
      const server = await startServer(config, (line) => process.stderr.write(`${line}\n`));
      const url = config.publicUrl ?? server.localUrl;
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ url, localUrl: server.localUrl })}\n`
          : `Brevet ${version} is listening on ${url}\n`,
      );
      await stopSignal();
      process.stderr.write('Stopping: requests under way are finished first.\n');
      await server.stop();
    });
}

export async function startServer(config: Config, progress: (line: string) => void): Promise<RunningServer> {
  const log = createLog(config.logLevel);
  const parts = await compose(config, log, progress);
  const rounds = new AbortController();
  try {
    const commandToken = newCommandToken();
    const tokens = config.adminToken === null ? [commandToken] : [commandToken, config.adminToken];
    const { deps, notReady } = parts;
    const app = await buildApp({ config, deps, log, version, managementTokens: () => tokens, notReady });
    await app.listen({ port: config.port, host: config.host });
    const localUrl = localUrlOf(app);
    const running = config.roles.has('jobs') ? runRounds(deps, rounds.signal) : Promise.resolve();
    await writeServerFile(config.dataDir, { url: localUrl, token: commandToken, pid: process.pid });
    return {
      parts,
      app,
      localUrl,
      commandToken,
      async stop() {
        await removeServerFile(config.dataDir);
        rounds.abort();
        await drain(app);
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

async function drain(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMs);
  await app.close();
  clearTimeout(cut);
}

function localUrlOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  const isEverywhere = address.address === '0.0.0.0' || address.address === '::';
  const host = isEverywhere ? '127.0.0.1' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
