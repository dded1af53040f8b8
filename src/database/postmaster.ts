/**
 * One run of PostgreSQL. It is started by a guard (a small shell, not Node: 1 MB) that holds the reading end of a pipe from
 * us. When the pipe closes — because we ask for it, or because we ended in any way, kill -9 included — the guard shuts
 * PostgreSQL down. The guard is its parent and reaps it, so that no zombie keeps the next start waiting.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { type Account, asAccount } from './account.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';
import { readPostmasterFile } from './leftover.ts';
import { logSize, logTail, openForAppending } from './server-log.ts';

/**
 * Its arguments are PostgreSQL's command line. Shells make background processes deaf to SIGINT until they listen for it
 * themselves, so a PostgreSQL that has only just begun may miss the first one: it is repeated. `kill -0` before each, so
 * that the loop ends with PostgreSQL.
 */
const guardScript = `
exec 3<&0
"$@" </dev/null >&2 3<&- &
postmaster=$!
echo $postmaster
exec >/dev/null
(
  while read -r line; do :; done
  for attempt in 1 2 3 4 5; do kill -INT $postmaster || exit; sleep 1; done
  for attempt in 1 2 3 4 5; do kill -QUIT $postmaster || exit; sleep 1; done
  kill -KILL $postmaster
) <&3 2>/dev/null &
watcher=$!
exec 3<&-
wait $postmaster
code=$?
kill $watcher 2>/dev/null
exit $code
`;

export type Postmaster = {
  readonly pid: number;
  /** Resolves with the reason when the run has ended, asked or unasked. */
  readonly ended: Promise<string>;
  /** Fast shutdown: sessions are ended, everything is written. Resolves when it is over. */
  stop(): Promise<void>;
};

export type Launch = {
  readonly command: readonly [string, ...string[]];
  readonly clusterDir: string;
  readonly logFile: string;
  readonly account: Account | null;
  readonly log: (line: string) => void;
};

const pollMs = 10;
const stillStartingEveryMs = 5000;
// the guard itself goes over to SIGKILL after ten seconds
const stopDeadlineMs = 15_000;

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new EmbeddedDatabaseError('PostgreSQL ended before it had started')));
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

/** Resolves when PostgreSQL accepts connections. A recovery after a crash takes the time it takes, and says so. */
export async function startPostmaster(launch: Launch): Promise<Postmaster> {
  const logStart = await logSize(launch.logFile);
  const logFile = openForAppending(launch.logFile);
  const child = spawn('/bin/sh', ['-c', guardScript, 'sh', ...launch.command], {
    ...asAccount(launch.account),
    cwd: '/',
    // nothing of our environment, which holds secrets, is handed on
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', logFile.descriptor],
    // a process group of its own: Ctrl-C in the terminal must reach us only, or requests could not be drained
    detached: true,
  });
  logFile.close();
  child.stdin?.on('error', () => {}); // closing the pipe of a guard that was killed
  const ended = endOf(child);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const pid = Number(await firstLine(child));

  const stop = async () => {
    child.stdin?.end();
    const deadline = new AbortController();
    const overdue = wait(stopDeadlineMs, 'overdue', { signal: deadline.signal }).catch(() => 'stopped');
    if ((await Promise.race([ended, overdue])) === 'overdue') killGroup(child);
    deadline.abort();
    await ended;
  };

  let saidAt = performance.now();
  for (;;) {
    // "ready" of an earlier run must not be taken for ours
    const file = await readPostmasterFile(launch.clusterDir);
    if (file?.pid === pid && file.isReady) return { pid, ended, stop };
    if (hasEnded) {
      throw new EmbeddedDatabaseError(
        `PostgreSQL did not start (${await ended}). The end of ${launch.logFile}:\n${await logTail(launch.logFile, logStart)}`,
      );
    }
    if (performance.now() - saidAt > stillStartingEveryMs) {
      launch.log('PostgreSQL is still starting (after a crash it first replays its log)');
      saidAt = performance.now();
    }
    await wait(pollMs);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ended in this moment
  }
}
