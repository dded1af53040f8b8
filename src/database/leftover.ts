/**
 * What an earlier run may have left: a PostgreSQL that outlived its parent or is still shutting down, sessions whose
 * postmaster was killed, and a postmaster.pid that names a process long gone, a zombie, or, after a restart of the
 * container, somebody else. Called only under the lock of DATA_DIR, so whatever still works on the cluster is a leftover.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EmbeddedDatabaseError } from './embedded-error.ts';

export type PostmasterFile = { readonly pid: number; readonly isReady: boolean };

/** postmaster.pid: the first line is the process, the eighth its state. Null when there is none or it is half-written. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | null> {
  const text = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : null;
}

/** Every PostgreSQL process stands in its data directory. Zombies and ending ones do not: they no longer touch it. */
function processesStandingIn(clusterDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/cwd`) === clusterDir &&
          !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false; // ended meanwhile, a zombie, or another user's, who cannot open our cluster
      }
    })
    .map(Number);
}

/** Without /proc (macOS): the process postmaster.pid names, when it really is a PostgreSQL. */
function namedPostmaster(pid: number): Promise<number[]> {
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'stat=,command=', '-p', String(pid)], (_error, stdout) => {
      const [, state = '', command = ''] = /^\s*(\S+)\s+(.*)/.exec(stdout) ?? [];
      resolve(!state.startsWith('Z') && command.includes('postgres') ? [pid] : []);
    });
  });
}

async function leftovers(clusterDir: string): Promise<number[]> {
  if (process.platform === 'linux') return processesStandingIn(clusterDir);
  const file = await readPostmasterFile(clusterDir);
  return file === null ? [] : namedPostmaster(file.pid);
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // gone already, or not ours to stop: the deadline below tells
    }
  }
}

/** First as asked politely (sessions are ended, everything is written), then without writing, then at once. */
const phases = [
  { signal: 'SIGINT', onlyPostmaster: true, patienceMs: 10_000 },
  { signal: 'SIGQUIT', onlyPostmaster: false, patienceMs: 5000 },
  { signal: 'SIGKILL', onlyPostmaster: false, patienceMs: 5000 },
] as const;
const pollMs = 20;

/** Afterwards no process works on the cluster and no stale postmaster.pid stands in the way. */
export async function clearLeftovers(clusterDir: string, log: (line: string) => void): Promise<void> {
  const file = await readPostmasterFile(clusterDir);
  if (file === null) return;
  let alive = await leftovers(clusterDir);
  if (alive.length > 0) log('Waiting for an earlier PostgreSQL on this folder to end');
  for (const phase of phases) {
    if (alive.length === 0) break;
    signal(phase.onlyPostmaster ? alive.filter((pid) => pid === file.pid) : alive, phase.signal);
    const deadline = performance.now() + phase.patienceMs;
    while (alive.length > 0 && performance.now() < deadline) {
      await wait(pollMs);
      alive = await leftovers(clusterDir);
    }
  }
  if (alive.length > 0) {
    throw new EmbeddedDatabaseError(
      `An earlier PostgreSQL still works on ${clusterDir} and does not end (process ${alive.join(', ')}). Stop it with kill -9, then start again.`,
    );
  }
  // Nobody works here any more, so the file is stale; PostgreSQL itself would refuse to start when its process id is a
  // zombie or is used by somebody else by now.
  await rm(path.join(clusterDir, 'postmaster.pid'), { force: true });
}
