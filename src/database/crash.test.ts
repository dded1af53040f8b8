/** Killed without warning under writes, ten times each: it opens again, and every row that was acknowledged is there. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nothingRunsAround, removeTemporaryFolders, temporaryFolder } from '../../test/harness/database-folders.ts';
import { type DatabaseProcess, runStaged, stageInstallation } from '../../test/harness/database-stage.ts';
import { until } from '../../test/harness/until.ts';
import { readPostmasterFile } from './cluster-processes.ts';

const rounds = 10;
const rowsBeforeTheKill = 100;
let installation = '';

beforeAll(async () => {
  installation = await temporaryFolder();
  await stageInstallation(installation);
});

afterAll(() => removeTemporaryFolders());

async function storedIds(connectionString: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from acknowledged');
    return new Set(rows.map(({ id }) => id));
  } finally {
    await client.end();
  }
}

function processTable(): { pid: number; parent: number }[] {
  return execFileSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent }));
}

/** `pid` and everything below it, from the leaves up. */
function treeOf(top: number): number[] {
  const table = processTable();
  const below = (above: number): number[] =>
    table.flatMap(({ pid, parent }) => (parent === above ? [...below(pid), pid] : []));
  return [...below(top), top];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // what hung on one that was killed a moment ago may have gone with it
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The guard's two shells: the one that waits for our end, then the one that waits for PostgreSQL's. */
function guardOf(postmaster: number): number[] {
  const guard = processTable().find(({ pid }) => pid === postmaster)?.parent ?? 0;
  const watchers = processTable().filter(({ pid, parent }) => parent === guard && pid !== postmaster);
  return [...watchers.map(({ pid }) => pid), guard];
}

type Victims = (server: DatabaseProcess, postmaster: number) => number[];

test.each<[string, Victims]>([
  ['the server', (server) => [server.pid]],
  ['the server and PostgreSQL', (server, postmaster) => [postmaster, server.pid]],
  ['the server and every process of PostgreSQL', (server) => treeOf(server.pid)],
  [
    'the server and the guard, so that PostgreSQL lives on',
    (server, postmaster) => {
      const [watcher = 0, guard = 0] = guardOf(postmaster);
      return [watcher, server.pid, guard];
    },
  ],
])(`${rounds} times killed: %s`, async (_who, victims) => {
  const dataDir = await temporaryFolder();
  const acknowledged = new Set<string>();
  for (let round = 0; round <= rounds; round += 1) {
    const server = runStaged(installation, { dataDir, writers: 8 });
    const { connectionString, pid } = await server.next('ready');
    const stored = await storedIds(connectionString);
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    if (round === rounds) {
      await server.stop();
    } else {
      await server.acknowledges(rowsBeforeTheKill);
      for (const victim of victims(server, pid)) kill(victim);
      await server.kill();
      for (const id of server.acknowledged) acknowledged.add(id);
    }
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(rounds * rowsBeforeTheKill);
  await nothingRunsAround(dataDir);
});

test(`${rounds} times killed: PostgreSQL alone, and the server goes on by itself`, async () => {
  const dataDir = await temporaryFolder();
  const server = runStaged(installation, { dataDir, writers: 8 });
  const { connectionString, pid } = await server.next('ready');
  let postmaster = pid;
  for (let round = 0; round < rounds; round += 1) {
    await server.acknowledges(server.acknowledged.size + rowsBeforeTheKill);
    const killed = postmaster;
    process.kill(killed, 'SIGKILL');
    await until('PostgreSQL runs again', async () => {
      const file = await readPostmasterFile(path.join(dataDir, 'postgresql', 'data', 'cluster'));
      postmaster = file?.pid ?? killed;
      return postmaster !== killed && file?.isReady === true;
    });
    const acknowledged = [...server.acknowledged];
    const stored = await storedIds(connectionString);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  }
  await server.acknowledges(server.acknowledged.size + rowsBeforeTheKill);
  await server.stop();
  expect(server.reports.filter(({ kind }) => kind === 'exit')).toHaveLength(rounds);
  await nothingRunsAround(dataDir);
});
