/** Config → the living parts: database, Roblox gateway, turns, clock, log. The only place where they meet. */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { type EmbeddedPostgres, startEmbedded } from './database/embedded.ts';
import { encryptionKeysOf } from './encryption-key.ts';
import { createGroupQuestions } from './operations/admit-to-group.ts';
import { createRequestWindows } from './operations/count-request.ts';
import type { Deps } from './operations/deps.ts';
import { createTurns } from './operations/turn.ts';
import type { EndpointName } from './roblox/endpoints.ts';
import { createRoblox } from './roblox/gateway.ts';
import { openDatabase } from './storage/database.ts';
import { migrate } from './storage/migrate.ts';
import { createSecretBox } from './storage/secret-box.ts';
import { createStorage } from './storage/storage.ts';
import { systemClock } from './system-clock.ts';

export type Parts = {
  readonly config: Config;
  readonly deps: Deps;
  readonly log: Logger;
  /** Why the process is not ready to serve, or null. */
  notReady(): Promise<string | null>;
  /** Ends everything, the embedded PostgreSQL last. */
  close(): Promise<void>;
};

/** How many connections a process holds; PostgreSQL's memory grows with them. */
const poolMax = 10;

export type ComposeOptions = {
  /** Hears what takes longer than a moment. */
  readonly progress?: (line: string) => void;
  /** Calls a minute where the upstream allows other numbers than Roblox: an emulator whose limits are off. */
  readonly perMinute?: (endpoint: EndpointName) => number;
};

/** Starts (or reaches) the database and brings it up to date. */
export async function compose(config: Config, log: Logger, options: ComposeOptions = {}): Promise<Parts> {
  const keys = await encryptionKeysOf(config);
  const embedded = config.database === null ? await embed(config, log, options.progress ?? (() => {})) : null;
  try {
    return await assemble(config, log, keys, embedded, options);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function embed(config: Config, log: Logger, progress: (line: string) => void): Promise<EmbeddedPostgres> {
  return startEmbedded({
    dataDir: config.dataDir,
    log: progress,
    onExit: (reason) => log.error({ reason }, 'PostgreSQL ended and is started again.'),
  });
}

async function assemble(
  config: Config,
  log: Logger,
  keys: readonly Buffer[],
  embedded: EmbeddedPostgres | null,
  { perMinute }: ComposeOptions,
): Promise<Parts> {
  const url = config.database?.url ?? embedded?.connectionString ?? '';
  await migrate(config.database?.directUrl ?? url);
  const database = openDatabase(url, poolMax, (error) => log.warn({ err: error }, 'A database connection broke.'));
  try {
    const storage = createStorage(database, createSecretBox(keys));
    const { installation } = storage.shared;
    await installation.checkEncryptionKey(keys.map((key) => createSecretBox([key])));
    await installation.preparePartitions();
    // whoever held a turn or a key died with the former server: nobody else can reach an embedded database
    if (embedded !== null) await storage.shared.turns.voidAll();

    const clock = systemClock;
    const roblox = createRoblox({
      clock,
      upstream: config.robloxUpstream,
      proxy: config.robloxProxy,
      ...(perMinute === undefined ? {} : { perMinute }),
      needs: {
        takeSlots: (request) => storage.shared.slots.take(request),
        saveCookie: (credential, cookie) =>
          storage.shared.credentials.saveRotatedCookie(credential.id, credential.secret, cookie),
        reportHealth: (credential, health, reason) =>
          storage.shared.credentials.reportHealth(credential.id, health, reason),
      },
      log: ({ level, msg, ...facts }) => log[level](facts, msg),
    });
    const processName = `${process.pid}-${randomBytes(6).toString('hex')}`;
    const deps: Deps = {
      storage,
      roblox,
      clock,
      turns: createTurns({ storage, clock, processName }),
      groupQuestions: createGroupQuestions(clock),
      requestWindows: createRequestWindows({ storage, clock }),
      log,
    };
    return {
      config,
      deps,
      log,
      notReady: async () => ((await installation.isReachable()) ? null : 'The database does not answer.'),
      async close() {
        await roblox.close();
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
