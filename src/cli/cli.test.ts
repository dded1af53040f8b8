import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { adminToken, type Brevet, encryptionKey, startBrevet, weskKey } from '../../test/harness/brevet.ts';
import { type FreshDatabase, freshDatabase } from '../../test/harness/database.ts';
import { buildProgram } from './program.ts';
import { run } from './run.ts';
import { writeServerFile } from './server-file.ts';

/** A Brevet that listens, for commands that find one; and a database of its own for those that do not. */
let brevet: Brevet;
let serverUrl: string;
let database: FreshDatabase;
let folder: string;

beforeAll(async () => {
  brevet = await startBrevet();
  await brevet.app.listen({ port: 0, host: '127.0.0.1' });
  const address = brevet.app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  serverUrl = `http://127.0.0.1:${address.port}`;
  database = await freshDatabase();
});
afterAll(async () => {
  await brevet.close();
  await database.drop();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-cli-'));
  for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const environment = () => ({
  DATA_DIR: path.join(folder, 'data'),
  DATABASE_URL: database.connectionString,
  ENCRYPTION_KEY: encryptionKey,
  ROBLOX_UPSTREAM: brevet.emulator.url,
});

async function brevetCommand(...args: string[]) {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      said[name] += String(chunk);
      return true;
    });
  }
  const exitCode = await run(args);
  vi.restoreAllMocks();
  return { exitCode, ...said, json: () => JSON.parse(said.stdout) };
}

async function fileOf(content: unknown): Promise<string> {
  const file = path.join(folder, 'document.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const small = (slug: string) => ({
  workspace: { slug, name: slug },
  credential: { kind: 'openCloud', value: { env: 'MY_OPEN_CLOUD_KEY' } },
  groups: [{ id: 7001, main: true }],
  keys: [{ dialect: 'wesk', value: { file: 'lobby.key' }, groupId: 7001, label: 'Lobby' }],
});

async function withSecrets(slug: string): Promise<string> {
  vi.stubEnv('MY_OPEN_CLOUD_KEY', `open-cloud-secret-${slug}`);
  await writeFile(path.join(folder, 'lobby.key'), `wesk_lobby-secret-${slug}\n`);
  return fileOf(small(slug));
}

describe('apply and document', () => {
  test('references are resolved here; twice is once; a dry run changes nothing', async () => {
    const file = await withSecrets('refs');
    const dry = await brevetCommand('apply', file, '--dry-run');
    expect([dry.exitCode, dry.stdout.split('\n')[0]]).toEqual([
      0,
      'refs: 4 changes would be made, as a new workspace.',
    ]);
    expect((await brevetCommand('document', 'refs')).exitCode).toBe(2);

    const first = await brevetCommand('apply', file, '--json');
    expect(first.json()).toMatchObject({ slug: 'refs', isNew: true, isChanged: true });
    expect((await brevetCommand('apply', file)).stdout).toBe('refs: nothing to change.\n');

    const back = await brevetCommand('document', 'refs');
    expect(back.json()).toMatchObject({ workspace: { slug: 'refs' }, keys: [{ label: 'Lobby', lastFour: 'refs' }] });
    for (const { stdout, stderr } of [dry, first, back]) expect(stdout + stderr).not.toMatch(/secret-refs/);
    expect((await brevetCommand('apply', await fileOf(back.json()))).stdout).toBe('refs: nothing to change.\n');
  });

  test('a wrong document names every place, and needs no database to say so', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/nothing');
    const { exitCode, stdout, stderr } = await brevetCommand(
      'apply',
      await fileOf({ workspace: { slug: 'wrong', maxRank: 999 }, keys: [{ dialect: 'weks', value: 'x' }] }),
    );
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('workspace.maxRank must be a whole number from 0 to 255');
    expect(stderr).toContain('keys[0].dialect must be one of wesk');
    expect(stderr).toContain('keys[0].value must have 16 to 256');
  });

  test('what does not fit the workspace comes back from the server with its place', async () => {
    const document = {
      workspace: { slug: 'no-fit', name: 'N' },
      groups: [{ id: 1 }],
      rules: [{ groupId: 2, kind: 'promote', fromRank: 1, toRank: 2 }],
    };
    const { exitCode, stderr } = await brevetCommand('apply', await fileOf(document));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('groups has no main group. Give one of them "main": true.');
    expect(stderr).toContain('rules[0].groupId names the group 2');
  });

  test.each([
    ['a file that is not there', async () => path.join(folder, 'gone.json'), 'gone.json cannot be read (ENOENT)'],
    [
      'what is no JSON',
      () => fileOf('{\n  "workspace": {\n    "slug": oops\n}'),
      'is not JSON: there is a mistake in line 3, column 13',
    ],
    [
      'a variable that is not set',
      () => fileOf({ ...small('x'), keys: [] }),
      'credential.value names the variable MY_OPEN_CLOUD_KEY, which is not set',
    ],
    [
      'a secret file that is not there',
      async () => fileOf({ ...small('x'), credential: undefined }),
      'lobby.key, which cannot be read (ENOENT)',
    ],
    [
      'a reference where no secret stands',
      () => fileOf({ workspace: { slug: 'x', name: { env: 'HOME' } } }),
      'workspace.name must be a text',
    ],
  ])('%s: exit code 2, and what to mend', async (_what, make, says) => {
    const { exitCode, stderr, stdout } = await brevetCommand('apply', await make());
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});

describe('keys', () => {
  test('issue, list, revoke', async () => {
    await brevetCommand('apply', await withSecrets('keys'));
    const issued = await brevetCommand(
      'keys',
      'issue',
      'keys',
      'viscra',
      '--label',
      'Island',
      '--max-rank',
      '20',
      '--actions',
      'promote',
      'read',
      '--json',
    );
    expect(issued.json()).toMatchObject({
      dialect: 'viscra',
      label: 'Island',
      maxRank: 20,
      actions: ['promote', 'read'],
    });
    const { id, value } = issued.json();
    expect(value).toMatch(/^vis_/);

    const listed = await brevetCommand('keys', 'list', 'keys');
    expect(listed.stdout).toMatch(/^ID +DIALECT +ENDS/);
    expect(listed.stdout).toContain('any group of the workspace, up to rank 20, promote, read, no end');
    expect(listed.stdout).not.toContain(value);

    expect((await brevetCommand('keys', 'revoke', 'keys', value.slice(-4))).stdout).toContain(`Key ${id} of keys`);
    const again = await brevetCommand('keys', 'revoke', 'keys', String(id));
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      `error: keys has no key ${id} in force. brevet keys list keys shows them.\n`,
    ]);
  });

  test('an existing key is taken in from a file; two that end alike need an id', async () => {
    await brevetCommand('apply', await withSecrets('taken'));
    for (const name of ['first', 'second']) {
      await writeFile(path.join(folder, 'key'), `the-${name}-old-key-0000\n`);
      const issued = await brevetCommand(
        'keys',
        'issue',
        'taken',
        'rankgun',
        '--value-file',
        path.join(folder, 'key'),
        '--json',
      );
      expect(issued.json()).toMatchObject({ value: `the-${name}-old-key-0000` });
    }
    const { exitCode, stderr } = await brevetCommand('keys', 'revoke', 'taken', '0000');
    expect([exitCode, stderr]).toEqual([
      2,
      'error: 0000 fits several keys: name one by its id. brevet keys list taken shows them.\n',
    ]);
  });
});

describe('finding a server', () => {
  const dataDir = () => path.join(folder, 'data');

  test('the running one is asked, whatever DATABASE_URL says', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/nothing');
    await writeServerFile(dataDir(), { url: serverUrl, token: adminToken, pid: process.pid });
    expect((await brevetCommand('document', 'acme', '--json')).json()).toMatchObject({ workspace: { slug: 'acme' } });
    const { exitCode, stderr } = await brevetCommand('keys', 'list', 'nobody');
    expect([exitCode, stderr]).toEqual([2, 'error: There is no workspace with this slug.\n']);
  });

  test.each([
    ['of a process that is gone', () => ({ url: serverUrl, token: adminToken, pid: 2 ** 22 + 1 })],
    ['where nobody answers', () => ({ url: 'http://127.0.0.1:1', token: adminToken, pid: process.pid })],
    ['whose token another server does not know', () => ({ url: serverUrl, token: 'of-yesterday', pid: process.pid })],
  ])('a file %s is stale: the database is opened instead', async (_what, server) => {
    await writeServerFile(dataDir(), server());
    // acme lives in the server's database only
    expect((await brevetCommand('document', 'acme')).exitCode).toBe(2);
    vi.stubEnv('DATABASE_URL', brevet.connectionString);
    expect((await brevetCommand('document', 'acme')).exitCode).toBe(0);
  });
});

describe('migrate', () => {
  test('lists, applies, and has nothing left to do', async () => {
    const fresh = await freshDatabase();
    vi.stubEnv('DATABASE_URL', fresh.connectionString);
    expect((await brevetCommand('migrate', '--dry-run', '--json')).json()).toEqual({ applied: [], pending: [] });
    expect((await brevetCommand('migrate')).stdout).toBe('The schema was up to date.\n');
    const client = new pg.Client({ connectionString: fresh.connectionString });
    await client.connect();
    await client.query('drop schema public cascade; create schema public');
    const before = await brevetCommand('migrate', '--dry-run', '--json');
    expect(before.json().pending[0]).toBe('0001-spine');
    expect((await client.query("select from pg_tables where tablename = 'workspaces'")).rowCount).toBe(0);
    expect((await brevetCommand('migrate', '--json')).json()).toEqual({ applied: before.json().pending, pending: [] });
    expect((await client.query("select from pg_tables where tablename = 'workspaces'")).rowCount).toBe(1);

    await client.query("insert into kysely_migration values ('9999-from-the-future', now())");
    const tooNew = await brevetCommand('migrate');
    expect(tooNew.exitCode).toBe(1);
    expect(tooNew.stderr).toContain('9999-from-the-future');
    await client.end();
    await fresh.drop();
  });
});

describe('doctor', () => {
  type Checks = { isBroken: boolean; checks: { name: string; state: string; message: string; remedy?: string }[] };
  const stateOf = ({ checks }: Checks, name: string) => checks.find((check) => check.name === name)?.state;

  test('a healthy installation: every check, and the server that runs', async () => {
    await writeServerFile(path.join(folder, 'data'), { url: serverUrl, token: adminToken, pid: process.pid });
    const { exitCode, json } = await brevetCommand('doctor', '--json');
    const report: Checks = json();
    expect(exitCode).toBe(0);
    for (const name of [
      'Node',
      'Settings',
      'DATA_DIR',
      'PUBLIC_URL',
      'Server',
      'Encryption key',
      'Database',
      'Clock',
      'acme: credential (openCloud)',
    ]) {
      expect([name, stateOf(report, name)]).toEqual([name, 'ok']);
    }
    const text = await brevetCommand('doctor');
    expect(text.stdout).toMatch(/^✓ {2}Node/);
  });

  test.each([
    ['settings that cannot be read', { PORT: 'eighty', LOG_LEVEL: 'loud' }, 'Settings', /^PORT must be/],
    [
      'a database that is not there',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' },
      'Database',
      /cannot be reached/,
    ],
    [
      'another encryption key',
      { ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64') },
      'Database',
      /another ENCRYPTION_KEY/,
    ],
    ['a folder nobody can write', { DATA_DIR: '/dev/null/brevet' }, 'DATA_DIR', /cannot be written/],
  ])('%s: broken, exit code 1, nothing thrown', async (_what, env, name, message) => {
    // the key this database was written with is known from here on
    await brevetCommand('keys', 'list', 'nobody');
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
    const { exitCode, json, stderr } = await brevetCommand('doctor', '--json');
    const report: Checks = json();
    expect([exitCode, report.isBroken]).toEqual([1, true]);
    expect(report.checks.find((check) => check.name === name && check.state === 'broken')?.message).toMatch(message);
    expect(stderr).toMatch(/^error: \d things? (is|are) broken\.$/m);
  });

  test('http to the world is worth a warning', async () => {
    vi.stubEnv('PUBLIC_URL', 'http://ranks.example.com');
    expect(stateOf((await brevetCommand('doctor', '--json')).json(), 'PUBLIC_URL')).toBe('warning');
    vi.stubEnv('PUBLIC_URL', 'https://ranks.example.com');
    expect(stateOf((await brevetCommand('doctor', '--json')).json(), 'PUBLIC_URL')).toBe('ok');
  });
});

describe('the command line', () => {
  test.each([
    [[]],
    [['nonsense']],
    [['apply']],
    [['apply', 'a.json', 'b.json']],
    [['apply', 'a.json', '--force']],
    [['keys']],
    [['keys', 'issue', 'acme']],
    [['keys', 'issue', 'acme', 'dashboard']],
    [['keys', 'issue', 'acme', 'wesk', '--max-rank', 'high']],
    [['keys', 'issue', 'acme', 'wesk', '--max-rank', '999']],
    [['keys', 'issue', 'acme', 'wesk', '--actions', 'fly']],
    [['keys', 'issue', 'acme', 'wesk', '--expires', 'tomorrow']],
    [['keys', 'list', 'NOT A SLUG']],
    [['keys', 'revoke', 'acme', '../../etc']],
    [['document', 'a/../b']],
    [['start', 'now']],
    [['demo', '--port', '-1']],
  ])('%j: exit code 2, words on stderr, nothing on stdout', async (args) => {
    vi.stubEnv('DATABASE_URL', brevet.connectionString);
    const { exitCode, stdout, stderr } = await brevetCommand(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr.length).toBeGreaterThan(20);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('every command explains itself, with an example, and has --json', () => {
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const commands = leaves(buildProgram());
    expect(commands.map((command) => command.name())).toEqual(
      expect.arrayContaining([
        'start',
        'demo',
        'apply',
        'document',
        'issue',
        'list',
        'revoke',
        'migrate',
        'doctor',
        'emulator',
      ]),
    );
    for (const command of commands) {
      let help = '';
      command.configureOutput({ writeOut: (chunk) => void (help += chunk) }).outputHelp();
      expect([command.name(), help]).toEqual([command.name(), expect.stringContaining('--json')]);
      expect([command.name(), help]).toEqual([command.name(), expect.stringMatching(/Examples?:\n {2}brevet /)]);
    }
  });

  test('the program itself: standard input, standard output, exit code', async () => {
    const program = (input: string, ...args: string[]) => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', path.join(import.meta.dirname, '../main.ts'), ...args],
        {
          env: { ...process.env, ...environment() },
          stdio: ['pipe', 'pipe', 'pipe'],
        },
      );
      child.stdin.end(input);
      const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
      return Promise.all([exit, text(child.stdout), text(child.stderr)]);
    };
    const document = {
      workspace: { slug: 'piped', name: 'Piped' },
      keys: [{ dialect: 'viscra', value: 'the-piped-key-of-viscra' }],
    };
    const [exitCode, stdout, stderr] = await program(JSON.stringify(document), 'apply', '-', '--json');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ slug: 'piped', isChanged: true });
    const [wrong, , words] = await program('{', 'apply', '-');
    expect([wrong, words]).toEqual([2, expect.stringContaining('Standard input is not JSON')]);
  });
});

test('the key of the server’s own workspace came out of none of this', async () => {
  await writeServerFile(path.join(folder, 'data'), { url: serverUrl, token: adminToken, pid: process.pid });
  const outputs = [
    await brevetCommand('document', 'acme'),
    await brevetCommand('keys', 'list', 'acme'),
    await brevetCommand('doctor'),
  ];
  const said = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
  expect(said).toContain('acme');
  for (const secret of [weskKey, adminToken, encryptionKey]) expect(said).not.toContain(secret);
  expect(await readFile(path.join(folder, 'data/server.json'), 'utf8')).toContain(adminToken);
});
