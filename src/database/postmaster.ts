/** One run of PostgreSQL, from its guard's start until it has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { asAccount } from './account.ts';
import { readPostmasterFile } from './cluster-processes.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';
import type { Guard } from './guard.ts';
import type { Placement } from './placement.ts';
import { logSize, logTail, openForAppending } from './server-log.ts';

export type Postmaster = {
  readonly pid: number;
  /** Resolves with the reason when the run has ended, asked or unasked. */
  readonly ended: Promise<string>;
  /** Sessions are ended, everything is written. Resolves when it is over. */
  stop(): Promise<void>;
};

const pollMs = 10;
const stillStartingEveryMs = 5000;
// the guard itself turns to force after ten seconds
const stopDeadlineMs = 15_000;

/** What the guard prints: PostgreSQL's process id. Null when it ended without. */
function printedPid(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(Number(text));
    });
    child.once('error', reject);
    child.once('close', () => resolve(null));
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ended in this moment
  }
}

/** Resolves when PostgreSQL accepts connections. A recovery after a crash takes the time it takes, and says so. */
export async function startPostmaster(
  guard: Guard,
  placement: Placement,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Postmaster> {
  const { account, clusterDir, logFile } = placement;
  const logStart = await logSize(logFile);
  const appending = openForAppending(logFile);
  const child = spawn(guard.program, guard.args, {
    ...asAccount(account),
    cwd: process.platform === 'win32' ? placement.home : '/',
    // nothing of our environment, which holds secrets, is handed on
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', appending.descriptor],
    // a process group of its own: Ctrl-C in the terminal must reach us only, or requests could not be drained
    detached: true,
    windowsHide: true,
  });
  appending.close();
  child.stdin?.on('error', () => {}); // the guard may be gone when we close the pipe
  const ended = endOf(child);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const stop = async () => {
    child.stdin?.end();
    const inTime = new AbortController();
    const overdue = wait(stopDeadlineMs, true, { signal: inTime.signal }).catch(() => false);
    if (await Promise.race([ended.then(() => false), overdue])) killGroup(child);
    inTime.abort();
    await ended;
  };
  // asked to stop while it starts: closing the pipe is enough
  const giveUp = () => child.stdin?.end();
  signal.addEventListener('abort', giveUp);
  void ended.then(() => signal.removeEventListener('abort', giveUp));

  const pid = await printedPid(child);
  let saidAt = performance.now();
  while (!hasEnded) {
    // "ready" of an earlier run must not be taken for ours
    const file = await readPostmasterFile(clusterDir);
    if (pid !== null && file?.pid === pid && file.isReady) return { pid, ended, stop };
    if (performance.now() - saidAt > stillStartingEveryMs) {
      log('PostgreSQL is still starting (after a crash it first replays its log)');
      saidAt = performance.now();
    }
    await wait(pollMs);
  }
  throw new EmbeddedDatabaseError(
    `PostgreSQL did not start (${await ended}). The end of ${logFile}:\n${await logTail(logFile, logStart)}`,
  );
}
