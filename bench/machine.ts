/** What processes use, read from Linux's /proc: CPU time, resident memory, and the memory PostgreSQL's processes share. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export const canMeasureProcesses = existsSync('/proc/self/smaps_rollup');

/** Linux counts CPU time in hundredths of a second for everybody who reads it. */
const tickMs = 10;

type Stat = { readonly parent: number; readonly name: string; readonly cpuMs: number };

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name stands in brackets and may hold spaces and brackets itself
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // counted from the state, which is not a number: parent 1, utime 11, stime 12, ended children 13 and 14
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, name, cpuMs: (user + system + childUser + childSystem) * tickMs };
  } catch {
    return null; // it ended meanwhile
  }
}

type RunningProcess = { readonly pid: number; readonly name: string; readonly cpuMs: number };

/** A process and everything below it. */
function treeOf(root: number): RunningProcess[] {
  const all = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat !== null) all.set(pid, stat);
  }
  const belongs = (pid: number): boolean => pid === root || (all.has(pid) && belongs(all.get(pid)?.parent ?? 0));
  return [...all].filter(([pid]) => belongs(pid)).map(([pid, { name, cpuMs }]) => ({ pid, name, cpuMs }));
}

type CpuReading = { readonly ownMs: number; readonly treeMs: number };

/** `own`: the process alone; `tree`: with all below it, which for Brevet is PostgreSQL. */
export function cpuOf(pid: number): CpuReading {
  const tree = treeOf(pid);
  const own = tree.find((one) => one.pid === pid)?.cpuMs ?? 0;
  return { ownMs: own, treeMs: tree.reduce((sum, one) => sum + one.cpuMs, 0) };
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}

export function rssMb(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1024;
}

/** Proportional: what several processes share is counted once in all. */
function pssMb(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') / 1024;
}

/** Everything below a process, which for Brevet is PostgreSQL and the shell that ends it with us. */
export function pssBelowMb(pid: number): number {
  return treeOf(pid)
    .filter((one) => one.pid !== pid)
    .reduce((sum, one) => sum + pssMb(one.pid), 0);
}

/** Where the PostgreSQL below a process listens: line 4 and 5 of its pid file. */
export function postgresSocket(pid: number): { host: string; port: number } {
  for (const one of treeOf(pid)) {
    const file = one.name === 'postgres' ? path.join(readlinkSync(`/proc/${one.pid}/cwd`), 'postmaster.pid') : '';
    if (file === '' || !existsSync(file)) continue;
    const [, , , port = '', host = ''] = readFileSync(file, 'utf8').split('\n');
    return { host, port: Number(port) };
  }
  throw new Error(`no PostgreSQL runs below process ${pid}`);
}
