/** The program as an operator runs it: a process of its own, its output, its exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

export type Program = {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** The first whole line of stdout, parsed; fails with stderr when the program ends before it. */
  firstJson<T>(): Promise<T>;
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
};

const running = new Set<ChildProcess>();

/** Nothing of this process's environment but the path reaches it: a test says what it sets. */
export function runProgram(args: readonly string[], env: Record<string, string> = {}, folder: string = root): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    cwd: folder === root ? root : folder,
    env: { PATH: process.env['PATH'] ?? '', ...env, NODE_PATH: root },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    async firstJson<T>() {
      await until(`${args.join(' ')} has said where it is`, () => {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended:\n${stderr}${stdout}`);
        return stdout.includes('\n');
      });
      return JSON.parse(stdout.split('\n')[0] ?? '') as T;
    },
    ended: () => ended,
    kill: (signal) => void child.kill(signal),
  };
}

/** For `afterEach`: whatever a failed test left running. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}
