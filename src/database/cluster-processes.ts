/** Which processes work on a cluster, and what its postmaster.pid says. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export type PostmasterFile = { readonly pid: number; readonly isReady: boolean };

/** postmaster.pid: the first line is the process, the eighth its state. Null when there is none or it is half-written. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | null> {
  const text = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : null;
}

/** PostgreSQL's `cluster_name`: it stands in the title of each of its processes but the postmaster. */
export function clusterName(clusterDir: string): string {
  return `brevet-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 12)}`;
}

/** The postmaster keeps its command line; the guard's contains it too, but is a shell's. */
function isOfCluster(commandLine: string, clusterDir: string): boolean {
  if (commandLine.startsWith(`postgres: ${clusterName(clusterDir)}:`)) return true;
  return `${commandLine} `.includes(`postgres -D ${clusterDir} `) && !commandLine.startsWith('/bin/sh ');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has ended
  }
}

/** Every PostgreSQL process stands in its data directory. Root in a container may not be allowed to see where others stand. */
function standsIn(pid: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

function processesOfProc(clusterDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const commandLine = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      // a zombie has no command line any more, and no folder
      return commandLine !== '' && (isOfCluster(commandLine, clusterDir) || standsIn(pid, clusterDir));
    })
    .map(Number);
}

/** Without /proc: macOS. */
function processesOfPs(clusterDir: string): Promise<number[]> {
  return new Promise((resolve, reject) => {
    execFile('/bin/ps', ['-A', '-o', 'pid=,stat=,command='], { maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (error !== null) reject(error);
      const rows = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []);
      const ours = rows.filter(
        ([, , state = 'Z', command = '']) => state[0] !== 'Z' && isOfCluster(command, clusterDir),
      );
      resolve(ours.map(([, pid]) => Number(pid)));
    });
  });
}

/** Zombies are none: they no longer touch anything. */
export async function processesOfCluster(clusterDir: string): Promise<number[]> {
  return process.platform === 'linux' ? processesOfProc(clusterDir) : processesOfPs(clusterDir);
}
