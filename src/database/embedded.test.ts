import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { nothingRunsAround, removeTemporaryFolders, temporaryFolder } from '../../test/harness/database-folders.ts';
import { until } from '../../test/harness/until.ts';
import { accountForNewCluster, asAccount } from './account.ts';
import { clusterName } from './cluster-processes.ts';
import { DataDirInUse } from './data-dir-lock.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from './embedded.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';

const running: EmbeddedPostgres[] = [];
const strangers: ChildProcess[] = [];

afterEach(async () => {
  for (const embedded of running.splice(0)) await embedded.stop();
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL');
  await removeTemporaryFolders();
});

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const embedded = await startEmbedded({ dataDir, ...options });
  running.push(embedded);
  return embedded;
}

async function query(embedded: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: embedded.connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const clusterOf = (dataDir: string) => path.join(dataDir, 'postgresql', 'data', 'cluster');

test('data is there again after a stop and a start', async () => {
  const dataDir = await temporaryFolder();
  const lines: string[] = [];
  const first = await start(dataDir, { log: (line) => lines.push(line) });
  expect(lines).toEqual([expect.stringContaining('Creating the embedded database')]);
  await query(first, 'create table kept as select 7 as value');
  await first.stop();
  expect(first.state).toBe('stopped');
  await nothingRunsAround(dataDir);
  const second = await start(dataDir, { log: (line) => lines.push(line) });
  expect(second.state).toBe('ready');
  expect(lines).toHaveLength(1);
  expect(await query(second, 'select value from kept')).toEqual([{ value: 7 }]);
});

test('it is durable, speaks UTF-8 in C order, opens no port, and takes the connection in parts as well', async () => {
  const dataDir = await temporaryFolder();
  const embedded = await start(dataDir);
  const [settings] = await query(
    embedded,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
       current_setting('full_page_writes') as pages, current_setting('data_checksums') as checksums,
       current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding,
       current_setting('cluster_name') as name,
       (select datcollate from pg_database where datname = current_database()) as collation,
       current_setting('server_version_num')::int / 10000 as major`,
  );
  expect(settings).toEqual({
    fsync: 'on',
    commit: 'on',
    pages: 'on',
    checksums: 'on',
    addresses: '',
    encoding: 'UTF8',
    name: clusterName(clusterOf(dataDir)),
    collation: 'C',
    major: 18,
  });
  const inParts = new pg.Client(embedded.connection);
  await inParts.connect();
  await inParts.end();
  expect((await stat(embedded.connection.host)).mode & 0o077).toBe(0);
});

test('a second server on the folder is refused and the first does not notice', async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  await expect(startEmbedded({ dataDir })).rejects.toBeInstanceOf(DataDirInUse);
  expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }]);
  await first.stop();
  await start(dataDir);
});

test('a folder with a path too long for a socket', async () => {
  const dataDir = path.join(await temporaryFolder(), 'x'.repeat(150));
  const embedded = await start(dataDir);
  expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
  await embedded.stop();
  expect(existsSync(embedded.connection.host)).toBe(false);
});

test("a folder whose name has spaces, quotes and other people's letters", async () => {
  const embedded = await start(path.join(await temporaryFolder(), `it's "my" dätä, 100%`));
  expect(await query(embedded, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a cluster of another major version is left as it is, with a remedy', async () => {
  const dataDir = await temporaryFolder();
  await (await start(dataDir)).stop();
  const version = path.join(clusterOf(dataDir), 'PG_VERSION');
  await writeFile(version, '17\n');
  await expect(startEmbedded({ dataDir })).rejects.toThrow(/made by PostgreSQL 17.*brings PostgreSQL 18.*DATA_DIR/s);
  expect(await readFile(version, 'utf8')).toBe('17\n');
  await rm(version);
  await expect(startEmbedded({ dataDir })).rejects.toThrow(/PG_VERSION is missing.*backup/s);
  await writeFile(version, '18\n');
  await start(dataDir);
});

test('a start that fails says why and lets go of the folder', async () => {
  const dataDir = await temporaryFolder();
  const wrong = startEmbedded({ dataDir, settings: { shared_buffers: 'plenty' } });
  await expect(wrong).rejects.toBeInstanceOf(EmbeddedDatabaseError);
  await expect(wrong).rejects.toThrow('shared_buffers');
  await nothingRunsAround(dataDir);
  await start(dataDir);
});

test('a data folder that cannot be made is said so', async () => {
  const file = path.join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(startEmbedded({ dataDir: path.join(file, 'data') })).rejects.toThrow(/DATA_DIR .* cannot be created/);
});

/** A shell as the account that runs PostgreSQL, which takes only its own account's processes for possible rivals. */
async function shell(script: string): Promise<ChildProcess & { firstLine: string }> {
  const child = spawn('/bin/sh', ['-c', script], {
    ...asAccount(await accountForNewCluster()),
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
  });
  strangers.push(child);
  const [firstLine] = await once(child.stdout, 'data');
  return Object.assign(child, { firstLine: String(firstLine).trim() });
}

const pidFile = (pid: string) => `${pid}\n/nowhere\n1\n5432\n/nowhere\n\n0 0\nready   \n`;

test.each([
  ['names a process that is somebody else by now', async () => pidFile((await shell('echo $$; read line')).firstLine)],
  [
    'names a zombie',
    async () => {
      // sleep does not know that it has a child, and never asks for its end
      const parent = await shell('exec 3<&0; (read line) <&3 & echo $!; exec sleep 600');
      const column = (name: string, pid: string) =>
        execFileSync('/bin/ps', ['-o', `${name}=`, '-p', pid], { encoding: 'utf8' }).trim();
      await until('its parent is sleep', () => column('comm', String(parent.pid)).endsWith('sleep'));
      parent.stdin?.end('\n');
      await until('it is a zombie', () => column('stat', parent.firstLine).startsWith('Z'));
      return pidFile(parent.firstLine);
    },
  ],
  ['is empty', async () => ''],
])('a stale postmaster.pid that %s does not keep it from starting', async (_what, contentOf) => {
  const dataDir = await temporaryFolder();
  const embedded = await start(dataDir);
  const { host } = embedded.connection;
  await embedded.stop();
  const content = await contentOf();
  await writeFile(path.join(clusterOf(dataDir), 'postmaster.pid'), content);
  await mkdir(host, { recursive: true });
  await writeFile(path.join(host, '.s.PGSQL.5432.lock'), content);
  const again = await start(dataDir);
  expect(await query(again, 'select 1 as one')).toEqual([{ one: 1 }]);
});

const parentOf = (pid: number) =>
  Number(execFileSync('/bin/ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));

test.each([
  ['PostgreSQL', (embedded: EmbeddedPostgres) => embedded.pid],
  ['its guard', (embedded: EmbeddedPostgres) => parentOf(embedded.pid)],
])('%s is killed: it runs again by itself with everything that was committed', async (_what, victim) => {
  const dataDir = await temporaryFolder();
  const exits: string[] = [];
  const embedded = await start(dataDir, { onExit: (reason) => exits.push(reason) });
  await query(embedded, 'create table kept as select 7 as value');
  for (let round = 1; round <= 3; round += 1) {
    const before = embedded.pid;
    process.kill(victim(embedded), 'SIGKILL');
    await until('it runs again', () => exits.length === round && embedded.state === 'ready');
    expect(embedded.pid).not.toBe(before);
    expect(await query(embedded, 'select value from kept')).toEqual([{ value: 7 }]);
  }
  await embedded.stop();
  await nothingRunsAround(dataDir);
});

test('a stop right after PostgreSQL was killed leaves nothing running', async () => {
  const dataDir = await temporaryFolder();
  const embedded = await start(dataDir);
  process.kill(embedded.pid, 'SIGKILL');
  await until('that was noticed', () => embedded.state === 'restarting');
  await embedded.stop();
  expect(embedded.state).toBe('stopped');
  await nothingRunsAround(dataDir);
});

test('stopping ends sessions that are at work', async () => {
  const dataDir = await temporaryFolder();
  const embedded = await start(dataDir);
  const sleeping = query(embedded, 'select pg_sleep(600)').catch((error: Error) => error.message);
  await until('it sleeps', async () => {
    const rows = await query(embedded, `select 1 from pg_stat_activity where wait_event = 'PgSleep'`);
    return rows.length === 1;
  });
  await embedded.stop();
  expect(await sleeping).toMatch(/terminat/i);
  await nothingRunsAround(dataDir);
});
