/**
 * The guard: a small process that starts PostgreSQL and holds the reading end of a pipe from us. When the pipe closes —
 * because we ask for it, or because we ended in any way, kill -9 included — it shuts PostgreSQL down. It prints
 * PostgreSQL's process id and ends with it.
 */
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Placement } from './placement.ts';

/** `windows` also runs elsewhere, which is how it is tested. */
export type Style = 'unix' | 'windows';

export const styleOfThisSystem: Style = process.platform === 'win32' ? 'windows' : 'unix';

export type Guard = { readonly program: string; readonly args: readonly string[] };

/**
 * A shell, not Node: it takes 1 MB instead of 40. Its arguments are PostgreSQL's command line. It is the parent and reaps
 * it, so that no zombie keeps the next start waiting when we are gone. Shells make background processes deaf to SIGINT
 * until they listen for it themselves, so a PostgreSQL that has only just begun may miss the first one: it is repeated.
 */
const shellScript = `
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

/** Windows has no such shell and no signals; pg_ctl knows how to start (without an administrator's rights) and to stop. */
const pgCtlScript = `
const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const [pgCtl, clusterDir, logFile] = process.argv.slice(1);
const run = (...args) => spawnSync(pgCtl, [...args, '-D', clusterDir], { stdio: 'ignore', windowsHide: true }).status;
const stop = () => {
  if (run('stop', '-m', 'fast', '-t', '5') !== 0) run('stop', '-m', 'immediate', '-t', '5');
  process.exit(0);
};
if (run('start', '-t', '600', '-l', logFile) !== 0) process.exit(1);
const pid = Number(readFileSync(clusterDir + '/postmaster.pid', 'utf8').split('\\n')[0]);
process.stdin.on('end', stop).on('error', stop).resume();
process.stdout.on('error', () => {}).write(pid + '\\n');
setInterval(() => {
  try {
    process.kill(pid, 0);
  } catch {
    process.exit(1);
  }
}, 250);
`;

/** Where the settings go: pg_ctl's PostgreSQL reads them in its folder. Else they are where only we may write. */
export function configFile(style: Style, placement: Placement): string {
  return path.join(style === 'unix' ? placement.home : placement.clusterDir, 'postgresql.conf');
}

export function guardOf(style: Style, binaries: Binaries, placement: Placement): Guard {
  const { clusterDir, logFile } = placement;
  if (style === 'windows') {
    return { program: process.execPath, args: ['-e', pgCtlScript, binaries.pgCtl, clusterDir, logFile] };
  }
  const postgres = [binaries.postgres, '-D', clusterDir, '-c', `config_file=${configFile(style, placement)}`];
  return { program: '/bin/sh', args: ['-c', shellScript, 'sh', ...postgres] };
}
