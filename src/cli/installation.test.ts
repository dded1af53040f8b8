/** Finding a server, migrate, doctor: what operators do with an installation. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { adminToken, encryptionKey, weskKey } from '../../test/harness/brevet.ts';
import { CommandLine } from '../../test/harness/command-line.ts';
import { freshDatabase } from '../../test/harness/database.ts';

const brevet = new CommandLine();
const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';

describe('finding a server', () => {
  test('the running one is asked, whatever DATABASE_URL says', async () => {
    vi.stubEnv('DATABASE_URL', nowhere);
    await brevet.findsServer();
    expect(await brevet.json('document', 'acme')).toMatchObject({ workspace: { slug: 'acme' } });
    const { exitCode, stderr } = await brevet.run('keys', 'list', 'nobody');
    expect([exitCode, stderr]).toEqual([2, 'error: There is no workspace with this slug.\n']);
  });

  test.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
    ['where nobody answers', { url: 'http://127.0.0.1:1' }],
    ['whose token another server does not know', { token: 'of-yesterday' }],
  ])('a file %s is stale: the database is opened instead', async (_what, server) => {
    await brevet.findsServer(server);
    // acme lives in the server's database only
    expect((await brevet.run('document', 'acme')).exitCode).toBe(2);
    vi.stubEnv('DATABASE_URL', brevet.brevet.connectionString);
    expect((await brevet.run('document', 'acme')).exitCode).toBe(0);
  });

  test('a database that is not there: said in a sentence, exit code 1', async () => {
    vi.stubEnv('DATABASE_URL', nowhere);
    const { exitCode, stdout, stderr } = await brevet.run('document', 'acme');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: The database cannot be reached .*DATABASE_URL right\?\n$/);
  });

  test('no secret comes out of a command', async () => {
    await brevet.findsServer();
    const outputs = [
      await brevet.run('document', 'acme'),
      await brevet.run('keys', 'list', 'acme'),
      await brevet.run('doctor'),
    ];
    const said = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(said).toContain('acme');
    for (const secret of [weskKey, adminToken, encryptionKey]) expect(said).not.toContain(secret);
    expect(await readFile(path.join(brevet.dataDir, 'server.json'), 'utf8')).toContain(adminToken);
  });
});

describe('migrate', () => {
  type Report = { applied: string[]; pending: string[] };

  test('lists, applies, and has nothing left to do', async () => {
    const fresh = await freshDatabase();
    vi.stubEnv('DATABASE_URL', fresh.connectionString);
    const client = new pg.Client({ connectionString: fresh.connectionString });
    await client.connect();
    const hasTables = async () =>
      (await client.query("select from pg_tables where tablename = 'workspaces'")).rowCount === 1;
    await client.query('drop schema public cascade; create schema public');

    const before = await brevet.json<Report>('migrate', '--dry-run');
    expect(before.pending[0]).toBe('0001-spine');
    expect(await hasTables()).toBe(false);
    expect(await brevet.json<Report>('migrate')).toEqual({ applied: before.pending, pending: [] });
    expect(await hasTables()).toBe(true);
    expect((await brevet.run('migrate')).stdout).toBe('The schema was up to date.\n');
    expect(await brevet.json<Report>('migrate', '--dry-run')).toEqual({ applied: [], pending: [] });

    await client.query("insert into kysely_migration values ('9999-from-the-future', now())");
    for (const command of [['migrate'], ['migrate', '--dry-run'], ['document', 'acme'], ['doctor']]) {
      const { exitCode, stdout, stderr } = await brevet.run(...command);
      expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining('9999-from-the-future')]);
    }
    await client.end();
    await fresh.drop();
  });
});

describe('doctor', () => {
  type Report = { isBroken: boolean; checks: { name: string; state: string; message: string; remedy?: string }[] };
  const examine = async () => {
    const { exitCode, stdout, stderr } = await brevet.run('doctor', '--json');
    const report: Report = JSON.parse(stdout);
    return { exitCode, stderr, ...report };
  };

  test('a healthy installation: every check, and the server that runs', async () => {
    await brevet.findsServer();
    const { exitCode, isBroken, checks } = await examine();
    expect([exitCode, isBroken]).toEqual([0, false]);
    const names = ['Node', 'Settings', 'DATA_DIR', 'PUBLIC_URL', 'Server', 'Encryption key', 'Database', 'Clock'];
    for (const name of [...names, 'acme: credential (openCloud)']) {
      expect([name, checks.find((check) => check.name === name)?.state]).toEqual([name, 'ok']);
    }
    expect((await brevet.run('doctor')).stdout).toMatch(/^✓ {2}Node/);
  });

  test('without a server it looks at the database itself, and at no schema that is not up to date', async () => {
    const { checks } = await examine();
    expect(checks.find((check) => check.name === 'Server')?.state).toBe('warning');
    expect(checks.find((check) => check.name === 'Database')?.state).toBe('ok');

    const fresh = await freshDatabase();
    const client = new pg.Client({ connectionString: fresh.connectionString });
    await client.connect();
    await client.query('drop schema public cascade; create schema public');
    vi.stubEnv('DATABASE_URL', fresh.connectionString);
    const old = await examine();
    expect(old.checks.at(-1)).toMatchObject({ name: 'Schema', state: 'warning' });
    expect((await client.query("select from pg_tables where tablename = 'workspaces'")).rowCount).toBe(0);
    await client.end();
    await fresh.drop();
  });

  test.each<[what: string, env: Record<string, string>, name: string, message: RegExp]>([
    ['settings that cannot be read', { PORT: 'eighty', LOG_LEVEL: 'loud' }, 'Settings', /^PORT must be/],
    ['a database that is not there', { DATABASE_URL: nowhere }, 'Database', /cannot be reached/],
    [
      'another encryption key',
      { ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64') },
      'Database',
      /another ENCRYPTION_KEY/,
    ],
    ['a folder that cannot be', { DATA_DIR: '/dev/null/brevet' }, 'DATA_DIR', /cannot be written/],
  ])('%s: broken, exit code 1, nothing thrown', async (_what, env, name, message) => {
    // whoever opens the database first leaves the fingerprint of its key there
    await brevet.run('keys', 'list', 'nobody');
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
    const { exitCode, isBroken, checks, stderr } = await examine();
    expect([exitCode, isBroken]).toEqual([1, true]);
    expect(checks.find((check) => check.name === name && check.state === 'broken')?.message).toMatch(message);
    expect(stderr).toMatch(/^error: \d things? (is|are) broken\.$/m);
  });
});
