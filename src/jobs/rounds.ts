/** What runs on a clock: settling what was left unsettled, and keeping the database tidy. Nothing here may be lost: it all stands in the database, so a round that fails is simply tried again. */
import type { Deps } from '../operations/deps.ts';
import { settleUnsettled } from '../operations/settle-unsettled.ts';

const settleEveryMs = 5_000;
const tidyEveryMs = 60 * 60_000;

/** Ends when `signal` aborts; the promise resolves when the last round is over. */
export async function runRounds(
  deps: Pick<Deps, 'storage' | 'roblox' | 'clock' | 'turns' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const { installation } = deps.storage.shared;
  await Promise.all([
    every(settleEveryMs, 'settle', () => settleUnsettled(deps)),
    every(tidyEveryMs, 'tidy', async () => {
      await installation.preparePartitions();
      await installation.sweep();
    }),
  ]);

  async function every(ms: number, name: string, round: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      try {
        await round();
      } catch (error) {
        deps.log.error({ err: error, round: name }, 'A round failed; it is tried again.');
      }
      await deps.clock.wait(ms, signal).catch(() => {});
    }
  }
}
