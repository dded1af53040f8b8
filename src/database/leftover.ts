/**
 * What an earlier run may have left: a PostgreSQL that outlived its parent or is still shutting down, sessions whose
 * postmaster was killed, and a postmaster.pid that names a process long gone, a zombie, or, after a restart of the
 * container, somebody else. Called only under the lock of DATA_DIR, so whatever still works on the cluster is a leftover.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { processesOfCluster, readPostmasterFile } from './cluster-processes.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';
import { isRunning } from './running-process.ts';

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // gone already, or not ours to stop: the deadline below tells
    }
  }
}

/** Windows: fails when there is nothing to stop. */
function askToStop(binaries: Binaries, clusterDir: string): Promise<void> {
  return new Promise((resolve) => {
    execFile(binaries.pgCtl, ['stop', '-m', 'fast', '-t', '20', '-D', clusterDir], () => resolve());
  });
}

/** First politely (sessions are ended, everything is written), then without writing, then at once. */
const phases = [
  { signal: 'SIGINT', patienceMs: 10_000 },
  { signal: 'SIGQUIT', patienceMs: 5000 },
  { signal: 'SIGKILL', patienceMs: 5000 },
] as const;
// sessions without their postmaster notice it by themselves and end; they are not waited for as long
const orphanPatienceMs = 2000;
const pollMs = 20;

/** Afterwards no process works on the cluster and no stale postmaster.pid stands in the way. */
export async function clearLeftovers(
  binaries: Binaries,
  clusterDir: string,
  log: (line: string) => void,
): Promise<void> {
  const file = path.join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return; // PostgreSQL removes it as the last thing it does
  if (process.platform === 'win32') {
    await askToStop(binaries, clusterDir);
    return; // there PostgreSQL finds out by itself that a file is stale
  }
  const postmaster = await readPostmasterFile(clusterDir);
  let alive = await processesOfCluster(clusterDir);
  if (alive.length > 0) log('Waiting for an earlier PostgreSQL on this folder to end');
  for (const phase of phases) {
    if (alive.length === 0) break;
    const isLed = postmaster !== null && alive.includes(postmaster.pid);
    if (isLed) signal([postmaster.pid], phase.signal);
    if (phase.signal !== 'SIGINT') signal(alive, phase.signal);
    const deadline = performance.now() + (isLed ? phase.patienceMs : orphanPatienceMs);
    while (alive.length > 0 && performance.now() < deadline) {
      await wait(pollMs);
      alive = await processesOfCluster(clusterDir);
    }
  }
  if (alive.length > 0) {
    throw new EmbeddedDatabaseError(
      `An earlier PostgreSQL still works on ${clusterDir} and does not end (process ${alive.join(', ')}). Stop it with kill -9, then start again.`,
    );
  }
  // Nobody works here. A file that names a dead process is left to PostgreSQL, which also looks at what is left in shared
  // memory; but it would refuse to start when that process is a zombie or somebody else by now, or when the file is empty.
  if (postmaster === null || isRunning(postmaster.pid)) await rm(file, { force: true });
}
