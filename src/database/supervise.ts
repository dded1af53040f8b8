/** Keeps PostgreSQL running: whenever it ends unasked it is started again, at growing intervals, for as long as it takes. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Postmaster } from './postmaster.ts';

export type EmbeddedState = 'ready' | 'restarting' | 'stopped';

export type Supervised = { pid(): number; state(): EmbeddedState; stop(): Promise<void> };

const restartDelaysMs = [0, 250, 1000, 5000, 15_000];
// a run that lasted this long was healthy: the next failure starts from the shortest delay again
const healthyAfterMs = 60_000;

/** Throws when the first start fails. `launch` gives up when its signal says so. */
export async function supervise(
  launch: (signal: AbortSignal) => Promise<Postmaster>,
  log: (line: string) => void,
  onExit: (reason: string) => void,
): Promise<Supervised> {
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let current = await launch(stopping.signal);
  let state: EmbeddedState = 'ready';

  const startAgain = async (failuresBefore: number): Promise<void> => {
    for (let failures = failuresBefore; !isStopping(); failures += 1) {
      const delayMs = restartDelaysMs[Math.min(failures, restartDelaysMs.length - 1)];
      try {
        await wait(delayMs, undefined, { signal: stopping.signal });
        current = await launch(stopping.signal);
        if (isStopping()) return;
        state = 'ready';
        log('PostgreSQL runs again');
        return;
      } catch (error) {
        if (!isStopping()) log(`PostgreSQL could not be started again: ${(error as Error).message}`);
      }
    }
  };

  const watch = async (): Promise<void> => {
    let quickEnds = 0;
    while (!isStopping()) {
      const since = performance.now();
      const reason = await current.ended;
      if (isStopping()) return;
      state = 'restarting';
      log(`PostgreSQL ended unasked (${reason}); starting it again`);
      onExit(reason);
      quickEnds = performance.now() - since < healthyAfterMs ? quickEnds + 1 : 0;
      await startAgain(Math.max(0, quickEnds - 1));
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
      // a start that was under way when we were asked has put a new one in its place
      await current.stop();
      state = 'stopped';
    },
  };
}
