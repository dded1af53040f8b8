import { setTimeout as wait } from 'node:timers/promises';

const pollMs = 10;
const patienceMs = 60_000;

/** Resolves when it is so. The patience is there to fail with a name, not to measure anything. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await wait(pollMs);
  }
}
