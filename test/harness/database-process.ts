/**
 * A server that is nothing but its embedded database, as a process of its own, to be killed by the tests. It may write rows
 * all the time and prints the id of each one after its commit. Input: options as JSON. Output: one JSON a line. When its
 * standard input ends it stops in order.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { startEmbedded } from '../../src/database/embedded.ts';
import type { Style } from '../../src/database/guard.ts';

export type ProcessOptions = {
  readonly dataDir: string;
  /** The user to become first. */
  readonly as?: { readonly uid: number; readonly gid: number };
  readonly style?: Style;
  /** How many connections write rows without a pause. */
  readonly writers?: number;
};

export type ProcessReport =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'ready'; readonly connectionString: string; readonly pid: number }
  | { readonly kind: 'acknowledged'; readonly id: string }
  | { readonly kind: 'exit'; readonly reason: string }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string }
  | { readonly kind: 'stopped' };

function report(line: ProcessReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function writeRows(pool: pg.Pool, isStopping: () => boolean): Promise<void> {
  while (!isStopping()) {
    const id = randomUUID();
    try {
      await pool.query('insert into acknowledged (id) values ($1)', [id]);
      report({ kind: 'acknowledged', id });
    } catch {
      await wait(10); // PostgreSQL was killed: until it is back every attempt fails
    }
  }
}

async function main(options: ProcessOptions): Promise<void> {
  if (options.as !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(options.as.gid);
    process.setuid?.(options.as.uid);
  }
  const embedded = await startEmbedded({
    dataDir: options.dataDir,
    ...(options.style === undefined ? {} : { style: options.style }),
    log: (line) => report({ kind: 'log', line }),
    onExit: (reason) => report({ kind: 'exit', reason }),
  });
  const writers = options.writers ?? 0;
  const pool = new pg.Pool({ connectionString: embedded.connectionString, max: Math.max(1, writers) });
  pool.on('error', () => {});
  await pool.query('create table if not exists acknowledged (id uuid primary key)');
  report({ kind: 'ready', connectionString: embedded.connectionString, pid: embedded.pid });
  let isStopping = false;
  const writing = Array.from({ length: writers }, () => writeRows(pool, () => isStopping));
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  isStopping = true;
  await Promise.all(writing);
  await pool.end();
  await embedded.stop();
  report({ kind: 'stopped' });
}

main(JSON.parse(process.argv[2] ?? '{}') as ProcessOptions).catch((error: Error) => {
  report({ kind: 'failed', name: error.name, message: error.message });
  process.exitCode = 1;
});
