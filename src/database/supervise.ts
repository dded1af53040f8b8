/** Keeps PostgreSQL running: whenever it ends unasked it is started again, at growing intervals, for as long as it takes. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Postmaster } from './postmaster.ts';

export type EmbeddedState = 'ready' | 'restarting' | 'stopped';

export type Supervised = { pid(): number; state(): EmbeddedState; stop(): Promise<void> };

// before the first attempt, the second and so on; the last goes for all others
const startDelaysMs = [0, 250, 1000, 5000, 15_000];
// one that ends as soon as it is ready is not started again in a tight loop
const runAtLeastMs = 500;

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

  const startAgain = async (soonestMs: number): Promise<void> => {
    for (let failures = 0; !isStopping(); failures += 1) {
      const delayMs = startDelaysMs[Math.min(failures, startDelaysMs.length - 1)] ?? 0;
      try {
        await wait(Math.max(delayMs, soonestMs), undefined, { signal: stopping.signal });
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
    while (!isStopping()) {
      const since = performance.now();
      const reason = await current.ended;
      if (isStopping()) return;
      state = 'restarting';
      log(`PostgreSQL ended unasked (${reason}); starting it again`);
      onExit(reason);
      await startAgain(runAtLeastMs - (performance.now() - since));
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
