/** The processes that are measured: each says on one line of JSON where it is, and ends when it is told to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export type Running = {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
/** A server drains its requests for 3 s and stops its database after that. */
const stopWithinMs = 15_000;

/** Nothing of this process's environment but what a program needs reaches it. */
export async function startProcess(
  name: string,
  script: string,
  options: { args?: readonly string[]; env?: Readonly<Record<string, string>>; nodeArgs?: readonly string[] } = {},
): Promise<Running> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(
    process.execPath,
    [...(options.nodeArgs ?? []), path.join(root, script), ...(options.args ?? [])],
    {
      cwd: root,
      env: { PATH, HOME, NODE_ENV: 'production', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString()}`.slice(-20_000);
  });
  const ended = once(child, 'close').then(() => running.delete(child));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout = `${stdout}${chunk.toString()}`.slice(-20_000);
      const [line, rest] = stdout.split('\n');
      if (rest === undefined || line === undefined) return;
      try {
        resolve((JSON.parse(line) as { url: string }).url);
      } catch {
        reject(new Error(`${name} said ${line}`));
      }
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${name} ended before it listened:\n${stderr}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    async stop() {
      if (!running.has(child)) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** When the bench is broken off or fails. */
export function killProcesses(): void {
  for (const child of running) child.kill('SIGTERM');
}
