/** apply, document, keys: what operators do with a workspace. */
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { CommandLine } from '../../test/harness/command-line.ts';

const brevet = new CommandLine();

const small = (slug: string) => ({
  workspace: { slug, name: slug },
  credential: { kind: 'openCloud', value: { env: 'MY_OPEN_CLOUD_KEY' } },
  groups: [{ id: 7001, main: true }],
  keys: [{ dialect: 'wesk', value: { file: 'lobby.key' }, groupId: 7001, label: 'Lobby' }],
});

async function withSecrets(slug: string): Promise<string> {
  vi.stubEnv('MY_OPEN_CLOUD_KEY', `open-cloud-secret-${slug}`);
  await brevet.fileOf(`wesk_lobby-secret-${slug}\n`, 'lobby.key');
  return brevet.fileOf(small(slug));
}

describe('apply and document', () => {
  test('references are resolved here; twice is once; a dry run changes nothing', async () => {
    const file = await withSecrets('refs');
    const dry = await brevet.run('apply', file, '--dry-run');
    expect([dry.exitCode, dry.stdout.split('\n')[0]]).toEqual([
      0,
      'refs: 4 changes would be made, as a new workspace.',
    ]);
    expect((await brevet.run('document', 'refs')).exitCode).toBe(2);

    const first = await brevet.run('apply', file, '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({ slug: 'refs', isNew: true, isChanged: true });
    expect((await brevet.run('apply', file)).stdout).toBe('refs: nothing to change.\n');

    const back = await brevet.run('document', 'refs');
    expect(JSON.parse(back.stdout)).toMatchObject({
      workspace: { slug: 'refs' },
      keys: [{ label: 'Lobby', lastFour: 'refs' }],
    });
    for (const { stdout, stderr } of [dry, first, back]) expect(stdout + stderr).not.toMatch(/secret-refs/);
    expect((await brevet.run('apply', await brevet.fileOf(back.stdout))).stdout).toBe('refs: nothing to change.\n');
  });

  test('a wrong document names every place, and needs no database to say so', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/nothing');
    const { exitCode, stdout, stderr } = await brevet.run(
      'apply',
      await brevet.fileOf({ workspace: { slug: 'wrong', maxRank: 999 }, keys: [{ dialect: 'weks', value: 'x' }] }),
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
    const { exitCode, stderr } = await brevet.run('apply', await brevet.fileOf(document));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('groups has no main group. Give one of them "main": true.');
    expect(stderr).toContain('rules[0].groupId names the group 2');
  });

  test.each<[what: string, content: unknown, says: string]>([
    [
      'what is no JSON',
      '{\n  "workspace": {\n    "slug": oops\n}',
      'is not JSON: there is a mistake in line 3, column 13',
    ],
    ['JSON that ends early', '{"workspace": {"slug": "a"', 'mistake in line 1, column 27'],
    ['a comma too many', '{"workspace": {},\n}', 'mistake in line 2, column 1'],
    [
      'a variable that is not set',
      { ...small('x'), keys: [] },
      'credential.value names the variable MY_OPEN_CLOUD_KEY, which is not set',
    ],
    [
      'a secret file that is not there',
      { ...small('x'), credential: undefined },
      'lobby.key, which cannot be read (ENOENT)',
    ],
    [
      'a reference where no secret stands',
      { workspace: { slug: 'x', name: { env: 'HOME' } } },
      'workspace.name must be a text',
    ],
  ])('%s: exit code 2, and what to mend', async (_what, content, says) => {
    const { exitCode, stderr, stdout } = await brevet.run('apply', await brevet.fileOf(content));
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });

  test('a file that is not there: exit code 2, and its name', async () => {
    const { exitCode, stderr } = await brevet.run('apply', 'gone.json');
    expect([exitCode, stderr]).toEqual([2, 'error: gone.json cannot be read (ENOENT). Check the path.\n']);
  });
});

describe('keys', () => {
  type Issued = { id: number; value: string };

  test('issue, list, revoke', async () => {
    await brevet.run('apply', await withSecrets('keys'));
    const limits = ['--label', 'Island', '--max-rank', '20', '--actions', 'promote', 'read'];
    const key = await brevet.json<Issued>('keys', 'issue', 'keys', 'viscra', ...limits);
    expect(key).toMatchObject({ dialect: 'viscra', label: 'Island', maxRank: 20, actions: ['promote', 'read'] });
    expect(key.value).toMatch(/^vis_/);

    const listed = await brevet.run('keys', 'list', 'keys');
    expect(listed.stdout).toMatch(/^ID +DIALECT +ENDS/);
    expect(listed.stdout).toContain('any group of the workspace, up to rank 20, promote, read, no end');
    expect(listed.stdout).not.toContain(key.value);

    const revoked = await brevet.run('keys', 'revoke', 'keys', key.value.slice(-4));
    expect(revoked.stdout).toContain(`Key ${key.id} of keys`);
    const again = await brevet.run('keys', 'revoke', 'keys', String(key.id));
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toBe(`error: keys has no key ${key.id} in force. brevet keys list keys shows them.\n`);
  });

  test('an existing key is taken in from a file; two that end alike need an id', async () => {
    await brevet.run('apply', await withSecrets('taken'));
    for (const name of ['first', 'second']) {
      const file = await brevet.fileOf(`the-${name}-old-key-0000\n`, 'old.key');
      const key = await brevet.json<Issued>('keys', 'issue', 'taken', 'rankgun', '--value-file', file);
      expect(key.value).toBe(`the-${name}-old-key-0000`);
    }
    const { exitCode, stderr } = await brevet.run('keys', 'revoke', 'taken', '0000');
    expect(exitCode).toBe(2);
    expect(stderr).toBe('error: 0000 fits several keys: name one by its id. brevet keys list taken shows them.\n');
  });

  test('a relative path of a reference starts at the document', async () => {
    await withSecrets('elsewhere');
    process.chdir(path.dirname(brevet.folder));
    const file = path.join(path.basename(brevet.folder), 'document.json');
    expect((await brevet.run('apply', file)).exitCode).toBe(0);
  });
});
