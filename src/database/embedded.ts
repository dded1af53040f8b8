/**
 * The embedded PostgreSQL: the real server, from npm, run by us in DATA_DIR for as long as we run. The rest of the program
 * sees a connection string, as it would from DATABASE_URL. What must hold, and why, is in
 * docs/decisions/embedded-postgresql.md.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { clusterName } from './cluster-processes.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { type Connection, clusterPassword, openEndpoint } from './endpoint.ts';
import { configFile, guardOf, type Style, styleOfThisSystem } from './guard.ts';
import { clearLeftovers } from './leftover.ts';
import { openDataDir, placeCluster } from './placement.ts';
import { startPostmaster } from './postmaster.ts';
import { keepTrimmed, trimLog } from './server-log.ts';
import { asConfigFile, clusterSettings, type Settings } from './settings.ts';
import { type EmbeddedState, supervise } from './supervise.ts';

export type EmbeddedOptions = {
  readonly dataDir: string;
  /** PostgreSQL ended unasked; it is being started again, connections fail until `state` is `ready`. */
  readonly onExit?: (reason: string) => void;
  readonly log?: (line: string) => void;
  /** In place of ours; the tests' throw-away cluster does without syncing. */
  readonly settings?: Settings;
  /** As this system needs it; the tests run Windows' way elsewhere too. */
  readonly style?: Style;
};

export type EmbeddedPostgres = {
  readonly connection: Connection;
  readonly connectionString: string;
  /** PostgreSQL's own process; another one after a restart. */
  readonly pid: number;
  readonly state: EmbeddedState;
  /** Ends PostgreSQL and frees DATA_DIR. */
  stop(): Promise<void>;
};

/** Throws DataDirInUse, or EmbeddedDatabaseError with what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const dataDir = await openDataDir(options.dataDir);
  const lock = await lockDataDir(dataDir);
  try {
    return await startLocked(dataDir, lock, options, log);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(
  dataDir: string,
  lock: DataDirLock,
  options: EmbeddedOptions,
  log: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const style = options.style ?? styleOfThisSystem;
  const placement = await placeCluster(dataDir, log);
  const binaries = await findBinaries(placement.account, placement.copiesDir, log);
  const password = await clusterPassword(style, placement);
  await ensureCluster(binaries, placement, password, log);
  const endpoint = await openEndpoint(placement, password);
  const settings = {
    ...clusterSettings,
    ...options.settings,
    ...endpoint.settings,
    cluster_name: clusterName(placement.clusterDir),
  };
  const guard = guardOf(style, binaries, placement);
  const launch = async (signal: AbortSignal) => {
    await clearLeftovers(binaries, placement.clusterDir, log);
    await endpoint.clear();
    await trimLog(placement.logFile);
    await writeFile(configFile(style, placement), asConfigFile(settings));
    await chmod(configFile(style, placement), 0o644); // PostgreSQL's account reads it, whatever our umask is
    return startPostmaster(guard, placement, log, signal);
  };
  const supervised = await supervise(launch, log, options.onExit ?? (() => {})).catch(async (error: unknown) => {
    await endpoint.remove();
    throw error;
  });
  const trimming = keepTrimmed(placement.logFile);
  let stopping: Promise<void> | undefined;
  return {
    connection: endpoint.connection,
    connectionString: endpoint.connectionString,
    get pid() {
      return supervised.pid();
    },
    get state() {
      return supervised.state();
    },
    stop: () => {
      stopping ??= (async () => {
        trimming.stop();
        await supervised.stop();
        await endpoint.remove();
        await lock.release();
      })();
      return stopping;
    },
  };
}
