/** The WESK contract, through the app (api-contracts.md 3 and 8). */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, acme, type Brevet, startBrevet, weskKey } from '../../../test/harness/brevet.ts';

const starterKey = 'wesk_starter-key-0123456789';
const limitedKey = 'wesk_limited-key-0123456789';
const readerKey = 'wesk_reader-key-0123456789';

const groundRole = (index: number) => 7003100 + index;

let brevet: Brevet;

beforeAll(async () => {
  brevet = await startBrevet({
    document: acme({
      keys: [
        { dialect: 'wesk', value: weskKey, label: 'Lobby', groupId: 7001 },
        { dialect: 'wesk', value: limitedKey, label: 'Limited', groupId: 7001, maxRank: 9 },
        { dialect: 'wesk', value: readerKey, label: 'Reader', groupId: 7001, actions: ['read'] },
        { dialect: 'rankgun', value: 'rg_key-of-another-dialect-01', label: 'Other', groupId: 7001 },
      ],
      blacklist: [{ groupId: 7001, robloxUserId: 2666, reason: 'test', expiresAt: null }],
    }),
  });
  await brevet.apply({
    workspace: { slug: 'starter', name: 'Starter', plan: 'starter' },
    credential: { kind: 'openCloud', value: 'emulator-bot-open-cloud-key' },
    groups: [{ id: 7003, main: true, ladder: Array.from({ length: 34 }, (_, index) => groundRole(index + 2)) }],
    keys: [{ dialect: 'wesk', value: starterKey, label: 'Starter', groupId: 7003 }],
    rules: [{ groupId: 7003, kind: 'promote', fromRank: 2, toRank: 8, enabled: true, order: 1 }],
  });
});
afterAll(() => brevet.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  brevet.call(`/v1/groups/7001/${path}`, { method: 'POST', body, headers });

function error(answer: Answer): { status: number; code: string; message: string } {
  const { error: inner } = answer.json as { error: { code: string; message: string } };
  expect(Object.keys(answer.json as object)).toEqual(['error']);
  expect(Object.keys(inner)).toEqual(['code', 'message']);
  return { status: answer.status, ...inner };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('set rank', () => {
  test('replaces the rank by exactly the one asked for, in both worlds', async () => {
    const answer = await post('rank', { robloxUserId: 2033, rankId: 10 });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json as object)).toEqual(['logId', 'fromRank', 'toRank', 'usage', 'overage']);
    expect(answer.json).toMatchObject({ logId: expect.stringMatching(uuid), fromRank: 5, toRank: 10, overage: false });
    expect(brevet.rolesOf(2033)).toEqual([7001106, 7001108]);
  });

  test('already there: 200 with equal ranks, no Roblox write', async () => {
    const since = brevet.callCount();
    const answer = await post('rank', { robloxUserId: 2034, rankId: 5 });
    expect(answer.json).toMatchObject({ fromRank: 5, toRank: 5 });
    expect(brevet.callsSince(since)).toEqual(['cloudListMemberships']);
  });

  test.each([0, 255, 77])('rank %i is no role that can be given: 400', async (rankId) => {
    expect(error(await post('rank', { robloxUserId: 2033, rankId }))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
  });

  test('a user who is not a member: 502', async () => {
    expect(error(await post('rank', { robloxUserId: 4001, rankId: 5 }))).toEqual({
      status: 502,
      code: 'ROBLOX_API_ERROR',
      message: 'User 4001 is not a member of the group.',
    });
  });

  test.each([
    ['the owner', 1, /owns the group/],
    ['the bot itself', 1000, /the bot itself/],
  ])('%s is refused here, not by Roblox', async (_who, robloxUserId, words) => {
    const since = brevet.callCount();
    const refused = error(await post('rank', { robloxUserId, rankId: 5 }));
    expect(refused).toMatchObject({ status: 502, code: 'ROBLOX_API_ERROR' });
    expect(refused.message).toMatch(words);
    expect(brevet.callsSince(since).filter((name) => name.includes('ssign'))).toEqual([]);
  });

  test('nobody gets a rank above the key’s limit', async () => {
    const refused = error(await post('rank', { robloxUserId: 2034, rankId: 10 }, { 'x-api-key': limitedKey }));
    expect(refused).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(brevet.rolesOf(2034)).toEqual([7001104]);
  });
});

describe('promote and demote', () => {
  test('apply the rule that starts at the present rank, and nothing without one', async () => {
    expect((await post('promote', { robloxUserId: 2021 })).json).toMatchObject({ fromRank: 3, toRank: 5 });
    expect((await post('promote', { robloxUserId: 2021 })).json).toMatchObject({ fromRank: 5, toRank: 10 });
    expect((await post('demote', { robloxUserId: 2021 })).json).toMatchObject({ fromRank: 10, toRank: 5 });
    expect(error(await post('demote', { robloxUserId: 2021 }))).toEqual({
      status: 400,
      code: 'NO_MATCHING_RULE',
      message: "No demotion rule matches this user's current rank.",
    });
    expect(error(await post('promote', { robloxUserId: 2001 }))).toEqual({
      status: 400,
      code: 'NO_MATCHING_RULE',
      message: "No promotion rule matches this user's current rank.",
    });
  });

  test('a disabled rule is no rule; of several the lowest order decides', async () => {
    const rule = { groupId: 7001, kind: 'promote', fromRank: 5 };
    const rules = [
      { ...rule, toRank: 100, order: 1, enabled: false },
      { ...rule, toRank: 20, order: 1, enabled: true },
    ];
    await brevet.apply(acme({ rules }));
    expect((await post('promote', { robloxUserId: 2038 })).json).toMatchObject({ fromRank: 5, toRank: 20 });
  });
});

describe('get rank', () => {
  test('of a member, of a stranger and of a blacklisted player', async () => {
    expect((await brevet.call('/v1/groups/7001/rank/2035')).json).toEqual({
      robloxUserId: 2035,
      inGroup: true,
      roleId: 5,
    });
    expect((await brevet.call('/v1/groups/7001/rank/4001')).json).toEqual({
      robloxUserId: 4001,
      inGroup: false,
      roleId: null,
    });
    expect((await brevet.call('/v1/groups/7001/rank/2666')).json).toMatchObject({ robloxUserId: 2666, inGroup: true });
  });

  test('is not counted', async () => {
    const before = (await post('rank', { robloxUserId: 2034, rankId: 5 })).json as { usage: number };
    await brevet.call('/v1/groups/7001/rank/2034');
    const after = (await post('rank', { robloxUserId: 2034, rankId: 5 })).json as { usage: number };
    expect(after.usage).toBe(before.usage + 1);
  });
});

describe('who may', () => {
  test.each([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': 'wesk_nobody-knows-this-key' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a key of another dialect', { 'x-api-key': 'rg_key-of-another-dialect-01' }],
    ['a bearer token', { 'x-api-key': '', authorization: `Bearer ${weskKey}` }],
  ])('%s: 401, before anything else is looked at', async (_what, headers) => {
    const sent = { 'x-api-key': '', ...headers };
    expect(
      error(await brevet.call('/v1/groups/none/rank', { method: 'POST', body: '{', headers: sent })),
    ).toMatchObject({
      status: 401,
      code: 'INVALID_API_KEY',
    });
  });

  test('a group that is not the key’s: 403, registered here or not; 404 when Roblox knows none such', async () => {
    const foreign = (groupId: number) =>
      brevet.call(`/v1/groups/${groupId}/promote`, { method: 'POST', body: { robloxUserId: 2021 } });
    expect(error(await foreign(7003))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(error(await foreign(424242))).toMatchObject({ status: 404, code: 'GROUP_NOT_FOUND' });
    brevet.emulator.addFault({ endpoint: 'getGroup', kind: 'html', times: null });
    expect(error(await foreign(424243))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    brevet.emulator.clearFaults();
  });

  test('a foreign group is asked about at most ten times a minute for a key', async () => {
    const since = brevet.callCount();
    for (let groupId = 500_000; groupId < 500_020; groupId += 1) {
      await brevet.call(`/v1/groups/${groupId}/promote`, {
        method: 'POST',
        body: {},
        headers: { 'x-api-key': starterKey },
      });
    }
    expect(brevet.callsSince(since)).toHaveLength(10);
  });

  test('Starter has no demote, said before the body is read', async () => {
    const answer = await brevet.call('/v1/groups/7003/demote', {
      method: 'POST',
      body: '{',
      headers: { 'x-api-key': starterKey },
    });
    expect(error(answer)).toEqual({
      status: 403,
      code: 'FEATURE_NOT_AVAILABLE',
      message: 'Demote needs the Pro or Max plan.',
    });
  });

  test('a key that may only read cannot rank', async () => {
    expect(error(await post('rank', { robloxUserId: 2033, rankId: 5 }, { 'x-api-key': readerKey }))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect((await brevet.call('/v1/groups/7001/rank/2033', { headers: { 'x-api-key': readerKey } })).status).toBe(200);
  });

  test('a blacklisted player is refused, until the entry expires', async () => {
    const refused = error(await post('rank', { robloxUserId: 2666, rankId: 5 }));
    expect(refused).toEqual({
      status: 403,
      code: 'USER_BLACKLISTED',
      message: 'User 2666 is blacklisted in this group.',
    });
    const past = new Date(Date.now() - 1000).toISOString();
    await brevet.apply(acme({ blacklist: [{ groupId: 7001, robloxUserId: 2666, reason: 'over', expiresAt: past }] }));
    expect((await post('rank', { robloxUserId: 2666, rankId: 5 })).status).toBe(200);
  });

  test('an expired key is unknown', async () => {
    const value = 'wesk_expired-key-0123456789';
    const keys = [
      { dialect: 'wesk', value, label: 'Old', groupId: 7001, expiresAt: new Date(Date.now() + 60_000).toISOString() },
    ];
    await brevet.apply(acme({ keys }));
    expect((await brevet.call('/v1/groups/7001/rank/2033', { headers: { 'x-api-key': value } })).status).toBe(200);
    await brevet.query("update api_keys set expires_at = brevet_now() - interval '1 second' where label = 'Old'");
    expect((await brevet.call('/v1/groups/7001/rank/2033', { headers: { 'x-api-key': value } })).status).toBe(401);
  });
});

describe('usage and plans', () => {
  test('Starter: call 100 is within the allowance, call 101 is over it, and both work', async () => {
    await brevet.query(`insert into usage_counters (workspace_id, dialect, month, used)
      select id, 'wesk', date_trunc('month', brevet_now() at time zone 'UTC')::date, 99 from workspaces where slug = 'starter'`);
    const promote = (robloxUserId: number) =>
      brevet.call('/v1/groups/7003/rank', {
        method: 'POST',
        body: { robloxUserId, rankId: 8 },
        headers: { 'x-api-key': starterKey },
      });
    expect((await promote(2001)).json).toMatchObject({ usage: 100, overage: false });
    expect((await promote(2003)).json).toMatchObject({ usage: 101, overage: true });
  });

  test('a refused call does not count', async () => {
    const before = (await post('rank', { robloxUserId: 2034, rankId: 5 })).json as { usage: number };
    await post('rank', { robloxUserId: 4001, rankId: 5 });
    await post('rank', { robloxUserId: 2034, rankId: 77 });
    expect((await post('rank', { robloxUserId: 2034, rankId: 5 })).json).toMatchObject({ usage: before.usage + 1 });
  });

  test('every attempt that reached the group is one row of the journal', async () => {
    const count = async () =>
      (await brevet.query<{ n: number }>('select count(*)::integer as n from actions'))[0]?.n ?? 0;
    const before = await count();
    await post('rank', { robloxUserId: 2034, rankId: 5 });
    await post('rank', { robloxUserId: 4001, rankId: 5 });
    await post('promote', { robloxUserId: 2001 });
    expect(await count()).toBe(before + 3);
  });
});

describe('Idempotency-Key', () => {
  const key = (value: string) => ({ 'idempotency-key': value });

  test('a repeat answers byte for byte, is marked, moves nobody and is not counted', async () => {
    const first = await post('promote', { robloxUserId: 2022 }, key('repeat'));
    const again = await post('promote', { robloxUserId: 2022 }, key('repeat'));
    expect(first.status).toBe(200);
    expect(again.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(brevet.rolesOf(2022)).toEqual([7001104]);
    const next = (await post('rank', { robloxUserId: 2022, rankId: 5 })).json as { usage: number };
    expect(next.usage).toBe((first.json as { usage: number }).usage + 1);
  });

  test('another body, another endpoint or another path: 400', async () => {
    await post('promote', { robloxUserId: 2023 }, key('reuse'));
    for (const answer of [
      await post('promote', { robloxUserId: 2024 }, key('reuse')),
      await post('demote', { robloxUserId: 2023 }, key('reuse')),
    ]) {
      expect(error(answer)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    }
  });

  test('the order of fields does not make another body', async () => {
    await post('rank', '{"robloxUserId":2025,"rankId":5}', key('order'));
    expect((await post('rank', '{"rankId":5,"robloxUserId":2025}', key('order'))).headers['idempotency-replayed']).toBe(
      'true',
    );
  });

  test('two at once: one 200, one 409', async () => {
    const answers = await Promise.all([1, 2].map(() => post('promote', { robloxUserId: 2026 }, key('twice'))));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    const refused = answers.find((answer) => answer.status === 409);
    expect(refused && error(refused).code).toBe('CONFLICT');
    expect(brevet.rolesOf(2026)).toEqual([7001104]);
  });

  test('what was refused before an intent is not kept: a retry really retries', async () => {
    expect(error(await post('promote', { robloxUserId: 2002 }, key('rule'))).code).toBe('NO_MATCHING_RULE');
    await brevet.apply(
      acme({ rules: [{ groupId: 7001, kind: 'promote', fromRank: 1, toRank: 3, enabled: true, order: 9 }] }),
    );
    expect((await post('promote', { robloxUserId: 2002 }, key('rule'))).json).toMatchObject({ fromRank: 1, toRank: 3 });
  });

  test('after 24 hours the key is new', async () => {
    await post('rank', { robloxUserId: 2027, rankId: 5 }, key('day'));
    await brevet.query(
      "update idempotency_keys set completed_at = completed_at - interval '24 hours 1 second' where key = 'day'",
    );
    const later = await post('rank', { robloxUserId: 2027, rankId: 3 }, key('day'));
    expect(later.json).toMatchObject({ fromRank: 5, toRank: 3 });
  });

  test.each(['', 'ü', 'a\tb', 'x'.repeat(256)])('%j is no key: 400', async (value) => {
    expect(error(await post('rank', { robloxUserId: 2027, rankId: 5 }, key(value)))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
  });
});

describe('reading a request', () => {
  const body = { robloxUserId: 2034, rankId: 5 };

  test.each([
    ['no Content-Type', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['nonsense', { 'content-type': ';;;' }],
  ])('a JSON body is read with %s', async (_what, headers) => {
    expect((await post('rank', JSON.stringify(body), headers)).status).toBe(200);
  });

  test('gzip is unpacked, and the limit counts after unpacking', async () => {
    const zipped = { 'content-encoding': 'gzip' };
    expect((await post('rank', gzipSync(JSON.stringify(body)), zipped)).status).toBe(200);
    expect(error(await post('rank', gzipSync(' '.repeat(70_000)), zipped))).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(error(await post('rank', Buffer.from('not gzip'), zipped))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(error(await post('rank', ' '.repeat(70_000)))).toMatchObject({ status: 413 });
  });

  test('a body nested without end is a mistake of the client', async () => {
    const deep = `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`;
    expect(error(await post('rank', deep))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  test('numbers may come as 5.0 or in quotes', async () => {
    expect((await post('rank', '{"robloxUserId":"2034","rankId":5.0}')).status).toBe(200);
    expect((await brevet.call('/v1/groups/7001/rank/8123456789')).json).toMatchObject({
      robloxUserId: 8_123_456_789,
      inGroup: true,
    });
  });

  test.each([
    ['broken JSON', '{"robloxUserId":'],
    ['an array', '[1]'],
    ['a string', '"2034"'],
    ['null', 'null'],
    ['nothing', ''],
    ['an empty Luau table', '[]'],
    ['a missing field', '{"robloxUserId":2034}'],
    ['null for a field', '{"robloxUserId":2034,"rankId":null}'],
    ['a fraction', '{"robloxUserId":2034,"rankId":5.5}'],
    ['a negative id', '{"robloxUserId":-1,"rankId":5}'],
    ['an id that is too large', '{"robloxUserId":9007199254740992,"rankId":5}'],
    ['a rank that is too large', '{"robloxUserId":2034,"rankId":256}'],
    ['a boolean', '{"robloxUserId":true,"rankId":5}'],
    ['an object', '{"robloxUserId":{"a":1},"rankId":5}'],
    ['__proto__ instead of the fields', '{"__proto__":{"robloxUserId":2034,"rankId":5}}'],
  ])('%s: 400 BAD_REQUEST', async (_what, text) => {
    expect(error(await post('rank', text))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  test('the message names the field', async () => {
    expect(error(await post('rank', { robloxUserId: 2034, rankId: 'five' })).message).toBe(
      'rankId must be an integer from 0 to 255.',
    );
    expect(error(await post('rank', { rankId: 5 })).message).toBe('robloxUserId must be an integer from 1 to 2^53-1.');
  });

  test('unknown fields are ignored, and so are case and a slash at the end', async () => {
    expect((await post('rank', { ...body, extra: [1], ['__proto__x']: 1 })).status).toBe(200);
    expect((await brevet.call('/V1/Groups/7001/RANK/2034/')).json).toMatchObject({ robloxUserId: 2034 });
  });

  test.each(['0', '-1', 'abc', '7001.5', '9007199254740992', '1e3'])(
    'group %s is no positive integer: 400',
    async (groupId) => {
      expect(error(await brevet.call(`/v1/groups/${groupId}/rank`, { method: 'POST', body }))).toMatchObject({
        status: 400,
        code: 'BAD_REQUEST',
      });
    },
  );
});

describe('a miss', () => {
  test('an unknown path: 404 in WESK’s shape, without a key', async () => {
    const answer = await brevet.call('/v1/nowhere', { headers: { 'x-api-key': '' } });
    expect(answer.json).toEqual({ error: { code: 'NOT_FOUND', message: 'No such endpoint.' } });
    expect(answer.status).toBe(404);
  });

  test('a wrong method: 405 with Allow', async () => {
    const answer = await brevet.call('/v1/groups/7001/promote', { method: 'DELETE' });
    expect(error(answer)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers['allow']).toBe('POST');
  });

  test('bad percent-encoding: 400 in shape', async () => {
    expect(error(await brevet.call('/v1/groups/%zz/rank'))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(error(await brevet.call('/v1/groups/%00/rank/%ff'))).toMatchObject({ status: 400 });
  });

  test('other prefixes keep the shape their dialects will have', async () => {
    const answer = await brevet.call('/api/nowhere');
    expect(answer.json).toEqual({ success: false, error: 'Not found', code: 'NOT_FOUND' });
  });
});

test('requests that come together share the minute: none is refused below the limit', async () => {
  const value = 'wesk_burst-key-0123456789';
  await brevet.apply(acme({ keys: [{ dialect: 'wesk', value, label: 'Burst', groupId: 7001 }] }));
  const send = () => brevet.call('/v1/groups/7001/rank', { method: 'POST', body: {}, headers: { 'x-api-key': value } });
  const statuses = (await Promise.all(Array.from({ length: 200 }, send))).map((answer) => answer.status);
  expect(new Set(statuses)).toEqual(new Set([400]));
  const [window] = await brevet.query<{ used: number }>(
    "select sum(used)::integer as used from request_windows where key_id = (select id from api_keys where label = 'Burst')",
  );
  expect(window?.used).toBeLessThanOrEqual(300);
});

test('no key ever stands in the log', () => {
  for (const secret of [weskKey, starterKey, limitedKey, 'emulator-bot-open-cloud-key'])
    expect(brevet.logged()).not.toContain(secret);
});
