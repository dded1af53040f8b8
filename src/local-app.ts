/** The app without a socket, for a command that finds no running server: same parts, same routes. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { compose } from './compose.ts';
import type { Config } from './config.ts';
import { createLog } from './telemetry/log.ts';
import { version } from './version.ts';

export type LocalApp = {
  readonly app: FastifyInstance;
  /** Opens its management API. */
  readonly token: string;
  close(): Promise<void>;
};

export async function openLocalApp(config: Config, progress: (line: string) => void): Promise<LocalApp> {
  // what a command finds, it says itself; a warning between its lines would only disturb
  const log = createLog(config.logLevel === 'silent' ? 'silent' : 'error', 2);
  const parts = await compose(config, log, { progress });
  try {
    const token = randomBytes(32).toString('base64url');
    const { deps, notReady } = parts;
    // whatever part this installation's servers play, a command needs the API
    const withApi = { ...config, roles: new Set(['api']) };
    const app = await buildApp({ config: withApi, deps, log, version, managementTokens: () => [token], notReady });
    await app.ready();
    return {
      app,
      token,
      async close() {
        await app.close();
        await parts.close();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
