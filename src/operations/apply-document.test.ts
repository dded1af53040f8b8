import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase } from '../../test/harness/database.ts';
import { Refused } from '../domain/refusals.ts';
import { type Database, openDatabase } from '../storage/database.ts';
import { createSecretBox } from '../storage/secret-box.ts';
import { createStorage, type Storage } from '../storage/storage.ts';
import { applyDocument } from './apply-document.ts';
import { readDocument } from './read-document.ts';
import { parseDocument, type WorkspaceDocument } from './workspace-document.ts';

let database: Database;
let storage: Storage;
let drop: () => Promise<void>;

beforeAll(async () => {
  const fresh = await freshDatabase();
  database = openDatabase(fresh.connectionString, 4, () => {});
  storage = createStorage(database, createSecretBox([Buffer.alloc(32, 7)]));
  drop = fresh.drop;
});
afterAll(async () => {
  await database.close();
  await drop();
});

const secrets = {
  ACME_OPEN_CLOUD_KEY: 'open-cloud-key-of-acme',
  ACME_LOBBY_KEY: 'wesk_lobby-key-of-acme',
  ACME_DISCORD_KEY: 'vis_discord-key-of-acme',
  cookie: '_|WARNING:-DO-NOT-SHARE-THIS.--|_cookie of acme',
};

/** The documented example with secrets of its own for each test, so that no test meets another one's keys. */
function example(slug: string): WorkspaceDocument {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/workspace.example.json'), 'utf8');
  const filled = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('env' in value) return `${secrets[value.env as keyof typeof secrets]} ${slug}`;
    return 'file' in value ? `${secrets.cookie} ${slug}` : value;
  });
  filled.workspace.slug = slug;
  return parseDocument(filled);
}

const apply = (document: unknown, dryRun = false) => applyDocument({ storage }, parseDocument(document), { dryRun });
const rows = async (text: string) => (await database.pool.query(text)).rows;
const read = (slug: string) => readDocument({ storage }, slug);

async function problemsOf(work: Promise<unknown>) {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refused) || error.refusal.code !== 'document.invalid') throw error ?? new Error('not refused');
  return error.refusal.problems;
}

describe('applying', () => {
  test('the example makes the workspace, and the same again changes nothing', async () => {
    const first = await apply(example('twice'));
    expect(first).toMatchObject({ slug: 'twice', isNew: true, isChanged: true, isDryRun: false });
    const parts = new Set(first.changes.map(({ part }) => part));
    for (const part of ['workspace', 'credentials', 'groups', 'keys', 'rules', 'blacklist', 'members', 'medals']) {
      expect(parts).toContain(part);
    }
    const before = await read('twice');
    const second = await apply(example('twice'));
    expect(second).toMatchObject({ isNew: false, isChanged: false, changes: [] });
    expect(await read('twice')).toEqual(before);
  });

  test('what was written back can be applied, and changes nothing', async () => {
    await apply(example('round'));
    const written: unknown = JSON.parse(JSON.stringify(await read('round')));
    expect(await apply(written)).toMatchObject({ isChanged: false });
    expect(written).toMatchObject({
      workspace: { slug: 'round', timezone: 'Europe/Vienna', maxRank: 200 },
      groups: [
        { id: 7001, main: true, ladder: null },
        { id: 7003, company: 'sub1', ladder: [7003107, 7003114] },
      ],
      keys: [{ dialect: 'wesk', label: 'Lobby', maxRank: 100 }, { dialect: 'viscra' }],
      rankCentre: { offers: [{ name: 'VIP', gamepassId: 777001 }] },
      records: [{ robloxId: 2001, xp: 120 }],
      limits: { rankgunPerMinute: 100 },
    });
  });

  test('a dry run says what would change and changes nothing', async () => {
    const report = await apply(example('dry'), true);
    expect(report).toMatchObject({ isDryRun: true, isChanged: true, isNew: true });
    expect(await storage.shared.workspaces.find('dry')).toBeNull();
    await apply(example('dry'));
    const document = { ...example('dry'), blacklist: [{ groupId: 7001, robloxUserId: 99 }] };
    expect((await apply(document, true)).changes).toEqual([
      { part: 'blacklist', change: 'added', count: 1, names: ['99 in 7001'] },
    ]);
    expect((await read('dry')).blacklist).toHaveLength(1);
  });

  test('what the document leaves out is left alone: parts, entries and fields', async () => {
    await apply(example('sparse'));
    const before = await read('sparse');
    const report = await apply({
      workspace: { slug: 'sparse' },
      groups: [{ id: 7003 }],
      keys: [{ dialect: 'wesk', value: `${secrets.ACME_LOBBY_KEY} sparse`, maxRank: 90 }],
      applications: [{ slug: 'officer', passPercentage: 80 }],
    });
    expect(report.changes.map(({ part, change }) => `${part} ${change}`)).toEqual([
      'keys updated',
      'applications updated',
    ]);
    const after = await read('sparse');
    expect(after.keys?.[0]).toEqual({ ...before.keys?.[0], maxRank: 90 });
    expect(after.applications?.[0]).toEqual({ ...before.applications?.[0], passPercentage: 80 });
    expect({ ...after, keys: [], applications: [] }).toEqual({ ...before, keys: [], applications: [] });
  });

  test('prune removes what the lists of the document do not name, and leaves other lists alone', async () => {
    await apply(example('prune'));
    const report = await apply({
      workspace: { slug: 'prune' },
      extraCredentials: [],
      keys: [{ dialect: 'wesk', value: `${secrets.ACME_LOBBY_KEY} prune` }],
      rules: [],
      blacklist: [],
      medals: [{ name: 'PURPLE heart' }, { name: 'Bronze Star' }],
      rankCentre: { offers: [] },
      prune: true,
    });
    expect(report.changes.filter(({ change }) => change === 'removed').map(({ part }) => part)).toEqual([
      'credentials',
      'keys',
      'rules',
      'blacklist',
      'rankCentre.offers',
    ]);
    const after = await read('prune');
    expect(after).not.toHaveProperty('rules');
    expect(after).not.toHaveProperty('extraCredentials');
    expect(after.keys?.map((key) => key.dialect)).toEqual(['wesk']);
    expect(after.medals?.map((medal) => medal.name)).toEqual(['PURPLE heart', 'Bronze Star']);
    expect(after.members).toHaveLength(2);
    expect(await storage.shared.keys.find('viscra', `${secrets.ACME_DISCORD_KEY} prune`)).toBeNull();
    expect(await storage.shared.keys.find('wesk', `${secrets.ACME_LOBBY_KEY} prune`)).not.toBeNull();
  });

  test('records fill members who have none and never overwrite', async () => {
    await apply(example('records'));
    const records = [
      { robloxId: 2001, xp: 9999 },
      { robloxId: 2002, xp: 5 },
    ];
    const report = await apply({ workspace: { slug: 'records' }, records, prune: true });
    expect(report.changes).toEqual([{ part: 'records', change: 'added', count: 1, names: ['2002'] }]);
    expect((await read('records')).records?.map(({ robloxId, xp }) => [robloxId, xp])).toEqual([
      [2001, 120],
      [2002, 5],
    ]);
  });

  test('two at once wait for each other: both hold, one made it', async () => {
    const [one, other] = await Promise.all([apply(example('at-once')), apply(example('at-once'))]);
    expect([one.isNew, other.isNew].sort()).toEqual([false, true]);
    expect([one.isChanged, other.isChanged].sort()).toEqual([false, true]);
  });

  test('another main group takes the place of the first', async () => {
    await apply(example('main'));
    await apply({ workspace: { slug: 'main' }, groups: [{ id: 7003, main: true }] });
    expect((await read('main')).groups?.map(({ id, main, company }) => [id, main, company])).toEqual([
      [7003, true, null],
      [7001, false, null],
    ]);
  });

  test('a list of twenty thousand is written whole, and read whole', async () => {
    const blacklist = Array.from({ length: 20_000 }, (_, index) => ({
      groupId: 7001,
      robloxUserId: index + 1,
      reason: 'r',
    }));
    const report = await apply({ ...example('long'), blacklist });
    expect(report.changes.find(({ part }) => part === 'blacklist')).toMatchObject({ count: 20_000 });
    expect((await read('long')).blacklist).toHaveLength(20_000);
    expect((await apply({ workspace: { slug: 'long' }, blacklist: [], prune: true })).changes).toMatchObject([
      { count: 20_000 },
    ]);
  });
});

describe('secrets', () => {
  const storedSecrets = async (slug: string) => {
    const id = await storage.shared.workspaces.find(slug);
    if (id === null) throw new Error('no workspace');
    const { credentials } = await storage.tenant(id).ranking.settings(7001 as never, null, null);
    return credentials.map((credential) => credential.secret);
  };

  test('a cookie that Roblox rotated survives the same document, and a new value replaces it', async () => {
    const document = example('rotation');
    await apply(document);
    const [, cookie] = await rows(
      `select c.id from credentials c join workspaces w on w.id = c.workspace_id where w.slug = 'rotation' order by position`,
    );
    const [, old = ''] = await storedSecrets('rotation');
    await storage.shared.credentials.saveRotatedCookie(cookie.id, old, 'rotated by Roblox');
    await storage.shared.credentials.saveRotatedCookie(cookie.id, old, 'a rotation of the old cookie, arriving late');
    expect(await apply(document)).toMatchObject({ isChanged: false });
    expect(await storedSecrets('rotation')).toEqual([`${secrets.ACME_OPEN_CLOUD_KEY} rotation`, 'rotated by Roblox']);

    const report = await apply({ ...document, extraCredentials: [{ kind: 'cookie', value: 'a new cookie' }] });
    expect(report.changes).toEqual([
      { part: 'credentials', change: 'updated', count: 1, names: ['extraCredentials[0] (cookie)'] },
    ]);
    expect(await storedSecrets('rotation')).toEqual([`${secrets.ACME_OPEN_CLOUD_KEY} rotation`, 'a new cookie']);
  });

  test('credentials that change places keep their rows, and so their rotated secrets', async () => {
    const [a, b, c] = ['first', 'second', 'third'].map((name) => ({
      kind: 'cookie' as const,
      value: `cookie ${name}`,
    }));
    const base = { workspace: { slug: 'places', name: 'Places' } };
    await apply({ ...base, credential: a, extraCredentials: [b, c] });
    const [, second] = await rows(
      `select c.id from credentials c join workspaces w on w.id = c.workspace_id where w.slug = 'places' order by position`,
    );
    await storage.shared.credentials.saveRotatedCookie(second.id, 'cookie second', 'second, rotated');
    await apply({ ...base, credential: c, extraCredentials: [a, b] });
    expect(await storedSecrets('places')).toEqual(['cookie third', 'cookie first', 'second, rotated']);
    await apply({ ...base, credential: b, extraCredentials: [] });
    expect(await storedSecrets('places')).toEqual(['second, rotated', 'cookie third', 'cookie first']);
    expect(await apply(await read('places'))).toMatchObject({ isChanged: false });
    await apply({ ...base, credential: b, extraCredentials: [], prune: true });
    expect(await storedSecrets('places')).toEqual(['second, rotated']);
  });

  test('no secret stands in the database in clear, nor in a document read back', async () => {
    await apply({ ...example('clear'), keys: [{ dialect: 'rankgun', value: 'rankgun-key-of-clear' }] });
    const all = await rows(
      'select to_jsonb(t)::text as text from (select * from api_keys) t union all select to_jsonb(c)::text from credentials c union all select to_jsonb(w)::text from workspaces w',
    );
    const text = all.map((row) => row.text).join('\n') + JSON.stringify(await read('clear'));
    for (const secret of ['rankgun-key-of-clear', `${secrets.ACME_OPEN_CLOUD_KEY} clear`, `${secrets.cookie} clear`]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('hex'));
    }
    const [key] = await rows(`select secret from api_keys where last_four = 'lear' and dialect = 'rankgun'`);
    expect(createSecretBox([Buffer.alloc(32, 7)]).open(key.secret)).toBe('rankgun-key-of-clear');
  });
});

describe('what does not fit the workspace', () => {
  test('changes nothing and names every place', async () => {
    await apply(example('fits'));
    const before = await read('fits');
    const problems = await problemsOf(
      apply({
        workspace: { slug: 'fits', plan: 'starter' },
        credential: { kind: 'cookie' },
        keys: [
          { dialect: 'wesk', value: 'wesk_a-second-lobby-key', groupId: 7001 },
          { dialect: 'wesk', value: 'wesk_a-key-without-a-group' },
          { dialect: 'wesk', value: 'wesk_a-key-for-a-stranger', groupId: 9 },
          { dialect: 'viscra', lastFour: 'none' },
          { dialect: 'rankgun', value: `${secrets.ACME_LOBBY_KEY} fits` },
        ],
        rules: [{ groupId: 8, kind: 'promote', fromRank: 1, toRank: 2 }],
        records: [{ robloxId: 5, medals: ['Golden Spoon'] }],
        blacklist: [{ groupId: 7001, robloxUserId: 77 }],
      }),
    );
    expect(problems.map(({ place }) => place).sort()).toEqual([
      'credential.kind',
      'keys[0]',
      'keys[1].groupId',
      'keys[2].groupId',
      'keys[3].lastFour',
      'keys[4].dialect',
      'records[0].medals[0]',
      'rules[0].groupId',
    ]);
    expect(await read('fits')).toEqual(before);
  });

  test('a key of another workspace is in use, and nobody says where', async () => {
    await apply({
      workspace: { slug: 'owner-a', name: 'A' },
      keys: [{ dialect: 'rankgun', value: 'shared-rankgun-key' }],
    });
    const problems = await problemsOf(
      apply({ workspace: { slug: 'owner-b', name: 'B' }, keys: [{ dialect: 'viscra', value: 'shared-rankgun-key' }] }),
    );
    expect(problems).toMatchObject([{ place: 'keys[0].value', problem: 'is in use already' }]);
    expect(JSON.stringify(problems)).not.toMatch(/owner-a|rankgun/);
    expect(await storage.shared.workspaces.find('owner-b')).toBeNull();
  });

  test('a revoked key does not come back with the next application', async () => {
    const document = {
      workspace: { slug: 'revoked', name: 'R' },
      keys: [{ dialect: 'rankgun', value: 'rankgun-revoked-key' }],
    };
    await apply(document);
    const id = await storage.shared.workspaces.find('revoked');
    if (id === null) throw new Error('no workspace');
    const [key] = await storage.tenant(id).settings.keys();
    expect(await storage.tenant(id).settings.revokeKey(key?.id ?? 0)).toBe(true);
    expect(await problemsOf(apply(document))).toMatchObject([{ place: 'keys[0].value' }]);
    expect(await storage.shared.keys.find('rankgun', 'rankgun-revoked-key')).toBeNull();
  });

  test('groups: one is the main one, and none that is still named may go', async () => {
    expect(await problemsOf(apply({ workspace: { slug: 'groups', name: 'G' }, groups: [{ id: 1 }] }))).toMatchObject([
      { place: 'groups', problem: 'has no main group' },
    ]);
    await apply(example('groups'));
    const pruned = { workspace: { slug: 'groups' }, groups: [{ id: 7003, main: true }], prune: true };
    const problems = await problemsOf(apply(pruned));
    expect(problems.map(({ problem }) => problem)).toEqual([
      "leaves out 7001, which the workspace's keys still name",
      "leaves out 7001, which the workspace's rules still name",
      "leaves out 7001, which the workspace's blacklist still name",
    ]);
    expect(await apply({ ...pruned, workspace: { slug: 'groups', open: true } })).toMatchObject({ isChanged: true });
  });

  test('a new workspace needs a name, so a wrong slug makes none', async () => {
    expect(await problemsOf(apply({ workspace: { slug: 'typo' } }))).toMatchObject([{ place: 'workspace.name' }]);
    expect(await storage.shared.workspaces.find('typo')).toBeNull();
  });

  test('a smaller plan has to hold the WESK keys that are there', async () => {
    await apply(example('plan'));
    await apply({
      workspace: { slug: 'plan' },
      keys: [{ dialect: 'wesk', value: 'wesk_second-of-plan', groupId: 7001 }],
    });
    const smaller = { workspace: { slug: 'plan', plan: 'free' } };
    expect(await problemsOf(apply(smaller))).toMatchObject([{ place: 'workspace.plan' }]);
    // one that has expired does not count
    const expired = { dialect: 'wesk', value: 'wesk_second-of-plan', expiresAt: '2020-01-01T00:00:00Z' };
    await apply({ workspace: { slug: 'plan' }, keys: [expired] });
    expect(await apply(smaller)).toMatchObject({ isChanged: true });
  });
});
