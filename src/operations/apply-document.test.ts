import { describe, expect, test } from 'vitest';
import { exampleDocument, exampleSecrets, problemsOf, useDocuments } from '../../test/harness/documents.ts';

const documents = useDocuments();

describe('applying', () => {
  test('the example makes the workspace, and the same again changes nothing', async () => {
    const first = await documents.apply(exampleDocument('twice'));
    expect(first).toMatchObject({ slug: 'twice', isNew: true, isChanged: true, isDryRun: false });
    const parts = new Set(first.changes.map(({ part }) => part));
    for (const part of ['workspace', 'credentials', 'groups', 'keys', 'rules', 'blacklist', 'members', 'medals']) {
      expect(parts).toContain(part);
    }
    const before = await documents.read('twice');
    const second = await documents.apply(exampleDocument('twice'));
    expect(second).toMatchObject({ isNew: false, isChanged: false, changes: [] });
    expect(await documents.read('twice')).toEqual(before);
  });

  test('what was written back can be applied, and changes nothing', async () => {
    await documents.apply(exampleDocument('round'));
    const written: unknown = JSON.parse(JSON.stringify(await documents.read('round')));
    expect(await documents.apply(written)).toMatchObject({ isChanged: false });
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
    const report = await documents.apply(exampleDocument('dry'), true);
    expect(report).toMatchObject({ isDryRun: true, isChanged: true, isNew: true });
    expect(await documents.storage.shared.workspaces.find('dry')).toBeNull();
    await documents.apply(exampleDocument('dry'));
    const document = { ...exampleDocument('dry'), blacklist: [{ groupId: 7001, robloxUserId: 99 }] };
    expect((await documents.apply(document, true)).changes).toEqual([
      { part: 'blacklist', change: 'added', count: 1, names: ['99 in 7001'] },
    ]);
    expect((await documents.read('dry')).blacklist).toHaveLength(1);
  });

  test('what the document leaves out is left alone: parts, entries and fields', async () => {
    await documents.apply(exampleDocument('sparse'));
    const before = await documents.read('sparse');
    const report = await documents.apply({
      workspace: { slug: 'sparse' },
      groups: [{ id: 7003 }],
      keys: [{ dialect: 'wesk', value: `${exampleSecrets.ACME_LOBBY_KEY} sparse`, maxRank: 90 }],
      applications: [{ slug: 'officer', passPercentage: 80 }],
    });
    expect(report.changes.map(({ part, change }) => `${part} ${change}`)).toEqual([
      'keys updated',
      'applications updated',
    ]);
    const after = await documents.read('sparse');
    expect(after.keys?.[0]).toEqual({ ...before.keys?.[0], maxRank: 90 });
    expect(after.applications?.[0]).toEqual({ ...before.applications?.[0], passPercentage: 80 });
    expect({ ...after, keys: [], applications: [] }).toEqual({ ...before, keys: [], applications: [] });
  });

  test('prune removes what the lists of the document do not name, and leaves other lists alone', async () => {
    await documents.apply(exampleDocument('prune'));
    const report = await documents.apply({
      workspace: { slug: 'prune' },
      extraCredentials: [],
      keys: [{ dialect: 'wesk', value: `${exampleSecrets.ACME_LOBBY_KEY} prune` }],
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
    const after = await documents.read('prune');
    expect(after).not.toHaveProperty('rules');
    expect(after).not.toHaveProperty('extraCredentials');
    expect(after.keys?.map((key) => key.dialect)).toEqual(['wesk']);
    expect(after.medals?.map((medal) => medal.name)).toEqual(['PURPLE heart', 'Bronze Star']);
    expect(after.members).toHaveLength(2);
    expect(await documents.storage.shared.keys.find('viscra', `${exampleSecrets.ACME_DISCORD_KEY} prune`)).toBeNull();
    expect(await documents.storage.shared.keys.find('wesk', `${exampleSecrets.ACME_LOBBY_KEY} prune`)).not.toBeNull();
  });

  test('records fill members who have none and never overwrite', async () => {
    await documents.apply(exampleDocument('records'));
    const records = [
      { robloxId: 2001, xp: 9999 },
      { robloxId: 2002, xp: 5 },
    ];
    const report = await documents.apply({ workspace: { slug: 'records' }, records, prune: true });
    expect(report.changes).toEqual([{ part: 'records', change: 'added', count: 1, names: ['2002'] }]);
    expect((await documents.read('records')).records?.map(({ robloxId, xp }) => [robloxId, xp])).toEqual([
      [2001, 120],
      [2002, 5],
    ]);
  });

  test('two at once wait for each other: both hold, one made it', async () => {
    const [one, other] = await Promise.all([
      documents.apply(exampleDocument('at-once')),
      documents.apply(exampleDocument('at-once')),
    ]);
    expect([one.isNew, other.isNew].sort()).toEqual([false, true]);
    expect([one.isChanged, other.isChanged].sort()).toEqual([false, true]);
  });

  test('another main group takes the place of the first', async () => {
    await documents.apply(exampleDocument('main'));
    await documents.apply({ workspace: { slug: 'main' }, groups: [{ id: 7003, main: true }] });
    expect((await documents.read('main')).groups?.map(({ id, main, company }) => [id, main, company])).toEqual([
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
    const report = await documents.apply({ ...exampleDocument('long'), blacklist });
    expect(report.changes.find(({ part }) => part === 'blacklist')).toMatchObject({ count: 20_000 });
    expect((await documents.read('long')).blacklist).toHaveLength(20_000);
    expect((await documents.apply({ workspace: { slug: 'long' }, blacklist: [], prune: true })).changes).toMatchObject([
      { count: 20_000 },
    ]);
  });
});

describe('what does not fit the workspace', () => {
  test('changes nothing and names every place', async () => {
    await documents.apply(exampleDocument('fits'));
    const before = await documents.read('fits');
    const problems = await problemsOf(
      documents.apply({
        workspace: { slug: 'fits', plan: 'starter' },
        credential: { kind: 'cookie' },
        keys: [
          { dialect: 'wesk', value: 'wesk_a-second-lobby-key', groupId: 7001 },
          { dialect: 'wesk', value: 'wesk_a-key-without-a-group' },
          { dialect: 'wesk', value: 'wesk_a-key-for-a-stranger', groupId: 9 },
          { dialect: 'viscra', lastFour: 'none' },
          { dialect: 'rankgun', value: `${exampleSecrets.ACME_LOBBY_KEY} fits` },
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
    expect(await documents.read('fits')).toEqual(before);
  });

  test('a key of another workspace is in use, and nobody says where', async () => {
    await documents.apply({
      workspace: { slug: 'owner-a', name: 'A' },
      keys: [{ dialect: 'rankgun', value: 'shared-rankgun-key' }],
    });
    const problems = await problemsOf(
      documents.apply({
        workspace: { slug: 'owner-b', name: 'B' },
        keys: [{ dialect: 'viscra', value: 'shared-rankgun-key' }],
      }),
    );
    expect(problems).toMatchObject([{ place: 'keys[0].value', problem: 'is in use already' }]);
    expect(JSON.stringify(problems)).not.toMatch(/owner-a|rankgun/);
    expect(await documents.storage.shared.workspaces.find('owner-b')).toBeNull();
  });

  test('a revoked key does not come back with the next application', async () => {
    const document = {
      workspace: { slug: 'revoked', name: 'R' },
      keys: [{ dialect: 'rankgun', value: 'rankgun-revoked-key' }],
    };
    await documents.apply(document);
    const id = await documents.storage.shared.workspaces.find('revoked');
    if (id === null) throw new Error('no workspace');
    const [key] = await documents.storage.tenant(id).settings.keys();
    expect(await documents.storage.tenant(id).settings.revokeKey(key?.id ?? 0)).toBe(true);
    expect(await problemsOf(documents.apply(document))).toMatchObject([{ place: 'keys[0].value' }]);
    expect(await documents.storage.shared.keys.find('rankgun', 'rankgun-revoked-key')).toBeNull();
  });

  test('groups: one is the main one, and none that is still named may go', async () => {
    expect(
      await problemsOf(documents.apply({ workspace: { slug: 'groups', name: 'G' }, groups: [{ id: 1 }] })),
    ).toMatchObject([{ place: 'groups', problem: 'has no main group' }]);
    await documents.apply(exampleDocument('groups'));
    const pruned = { workspace: { slug: 'groups' }, groups: [{ id: 7003, main: true }], prune: true };
    const problems = await problemsOf(documents.apply(pruned));
    expect(problems.map(({ problem }) => problem)).toEqual([
      "leaves out 7001, which the workspace's keys still name",
      "leaves out 7001, which the workspace's rules still name",
      "leaves out 7001, which the workspace's blacklist still name",
    ]);
    expect(await documents.apply({ ...pruned, workspace: { slug: 'groups', open: true } })).toMatchObject({
      isChanged: true,
    });
  });

  test('a new workspace needs a name, so a wrong slug makes none', async () => {
    expect(await problemsOf(documents.apply({ workspace: { slug: 'typo' } }))).toMatchObject([
      { place: 'workspace.name' },
    ]);
    expect(await documents.storage.shared.workspaces.find('typo')).toBeNull();
  });

  test('a smaller plan has to hold the WESK keys that are there', async () => {
    await documents.apply(exampleDocument('plan'));
    await documents.apply({
      workspace: { slug: 'plan' },
      keys: [{ dialect: 'wesk', value: 'wesk_second-of-plan', groupId: 7001 }],
    });
    const smaller = { workspace: { slug: 'plan', plan: 'free' } };
    expect(await problemsOf(documents.apply(smaller))).toMatchObject([{ place: 'workspace.plan' }]);
    // one that has expired does not count
    const expired = { dialect: 'wesk', value: 'wesk_second-of-plan', expiresAt: '2020-01-01T00:00:00Z' };
    await documents.apply({ workspace: { slug: 'plan' }, keys: [expired] });
    expect(await documents.apply(smaller)).toMatchObject({ isChanged: true });
  });
});
