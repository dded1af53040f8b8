/**
 * The embedded PostgreSQL: the real server, from npm, run by us in DATA_DIR for as long as we run. The rest of the program
 * sees a connection string, as it would from DATABASE_URL. What must hold, and why, is in
 * docs/decisions/embedded-postgresql.md.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { type Connection, clusterPassword, openEndpoint } from './endpoint.ts';
import { clearLeftovers } from './leftover.ts';
import { openDataDir, placeCluster } from './placement.ts';
import { type Postmaster, startPostmaster } from './postmaster.ts';
import { keepTrimmed, trimLog } from './server-log.ts';
import { asArguments, clusterSettings, type Settings } from './settings.ts';

export type EmbeddedOptions = {
  readonly dataDir: string;
  /** PostgreSQL ended unasked; it is being started again, connections fail until `state` is `ready`. */
  readonly onExit?: (reason: string) => void;
  readonly log?: (line: string) => void;
  /** In place of ours; the tests' throw-away cluster does without syncing. */
  readonly settings?: Settings;
};

export type EmbeddedState = 'ready' | 'restarting' | 'stopped';

export type EmbeddedPostgres = {
  readonly connection: Connection;
  readonly connectionString: string;
  /** PostgreSQL's own process; another one after a restart. */
  readonly pid: number;
  readonly state: EmbeddedState;
  /** Ends PostgreSQL and frees DATA_DIR. */
  stop(): Promise<void>;
};

const restartDelaysMs = [0, 250, 1000, 5000, 15_000];
// a run that lasted this long was healthy: the next failure starts from the shortest delay again
const healthyAfterMs = 60_000;

/** Throws DataDirInUse, or EmbeddedDatabaseError with what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const dataDir = await openDataDir(options.dataDir);
  const lock = await lockDataDir(dataDir);
  try {
    const placement = await placeCluster(dataDir, log);
    const binaries = await findBinaries(placement.account, placement.copiesDir, log);
    const password = await clusterPassword(placement);
    await ensureCluster(binaries, placement, password, log);
    const endpoint = await openEndpoint(placement, password);
    const settings = { ...clusterSettings, ...options.settings, ...endpoint.settings };
    const launch = async () => {
      await clearLeftovers(placement.clusterDir, log);
      await trimLog(placement.logFile);
      return startPostmaster({
        command: [binaries.postgres, '-D', placement.clusterDir, ...asArguments(settings)],
        clusterDir: placement.clusterDir,
        logFile: placement.logFile,
        account: placement.account,
        log,
      });
    };
    const supervised = supervise(await launch(), launch, log, options.onExit ?? (() => {}));
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
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Supervised = { pid(): number; state(): EmbeddedState; stop(): Promise<void> };

/** Starts PostgreSQL again whenever it ends unasked, at growing intervals, for as long as it takes. */
function supervise(
  first: Postmaster,
  launch: () => Promise<Postmaster>,
  log: (line: string) => void,
  onExit: (reason: string) => void,
): Supervised {
  let current = first;
  let state: EmbeddedState = 'ready';
  const stopping = new AbortController();

  const restart = async (failuresBefore: number): Promise<void> => {
    for (let failures = failuresBefore; !stopping.signal.aborted; failures += 1) {
      const delayMs = restartDelaysMs[Math.min(failures, restartDelaysMs.length - 1)];
      try {
        await wait(delayMs, undefined, { signal: stopping.signal });
        current = await launch();
        state = 'ready';
        log('PostgreSQL runs again');
        return;
      } catch (error) {
        if (!stopping.signal.aborted) log(`PostgreSQL could not be started again: ${(error as Error).message}`);
      }
    }
  };

  const watch = async (): Promise<void> => {
    let quickEnds = 0;
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const reason = await current.ended;
      if (stopping.signal.aborted) return;
      state = 'restarting';
      log(`PostgreSQL ended unasked (${reason}); starting it again`);
      onExit(reason);
      quickEnds = performance.now() - since < healthyAfterMs ? quickEnds + 1 : 0;
      await restart(Math.max(0, quickEnds - 1));
    }
  };
  const watching = watch();

  return {
    pid: () => current.pid,
    state: () => state,
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
      // a restart that was under way when we were asked has put a new one in place
      await current.stop();
      state = 'stopped';
    },
  };
}
