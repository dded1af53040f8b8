/**
 * What is left of a rank change when the process or an answer dies at any point, and how it is settled (design.md 3.8). A
 * crash is played by doing what the server does up to that point, through its own stores, and then nothing more.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../src/dialects/wesk/fingerprint.ts';
import { groupId, rank, roleId, userId, type WorkspaceId } from '../src/domain/ids.ts';
import { settleUnsettled } from '../src/operations/settle-unsettled.ts';
import { newActionId } from '../src/storage/journal.ts';
import { type Brevet, startBrevet, weskKey } from './harness/brevet.ts';
import { group, role, rolesDocument, rolesWorld } from './harness/roles-world.ts';

const player = 2001;
let brevet: Brevet;

beforeEach(async () => {
  const members = { [player]: [role.private, role.sideHigh] };
  brevet = await startBrevet({ seed: rolesWorld(members), document: rolesDocument('openCloud', true, weskKey) });
});
afterEach(() => brevet.close());

const promote = (key?: string) =>
  brevet.call(`/v1/groups/${group}/promote`, {
    body: { robloxUserId: player },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const setRank = (rankId: number) => brevet.call(`/v1/groups/${group}/rank`, { body: { robloxUserId: player, rankId } });
const ladderRoles = () => brevet.rolesOf(player, group).filter((id) => id !== role.sideHigh);
const memberRoles = () => brevet.emulator.world.groups.get(group)?.members.get(player)?.roleIds ?? new Set<number>();
const statuses = async () =>
  (await brevet.query<{ status: string }>('select status from actions order by created_at, id')).map(
    (row) => row.status,
  );
const pending = async () => (await brevet.query('select 1 from turns where pending_action is not null')).length;

/** A promote 10 → 20 with `key` whose server dies right after the intent; `landed` is what Roblox had done by then. */
async function crash(key: string | null, landed: 'nothing' | 'assign' | 'all'): Promise<void> {
  const { turns, journal } = brevet.deps.storage.shared;
  const [workspace] = await brevet.query<{ id: WorkspaceId }>('select id from workspaces');
  if (workspace === undefined) throw new Error('no workspace');
  const fingerprint = fingerprintOf('POST', `/v1/groups/${group}/promote`, { robloxUserId: player });
  const claim =
    key === null
      ? null
      : { workspaceId: workspace.id, dialect: 'wesk' as const, groupId: groupId(group), key, fingerprint };
  const who = { holder: 'a-server-that-dies/1', groupId: groupId(group), userId: userId(player), claim };
  const { turn } = await turns.begin(who);
  if (turn === null) throw new Error('the turn is taken');
  await journal.intend(
    { ...who, fence: turn.fence },
    {
      id: newActionId(Date.now(), randomBytes(10)),
      workspaceId: workspace.id,
      kind: 'promote',
      dialect: 'wesk',
      requested: { kind: 'rule', direction: 'promote' },
      keyId: null,
      actor: null,
      idempotencyKey: key,
      credential: null,
    },
    { fromRank: rank(10), toRank: rank(20), before: [roleId(role.private)], after: [roleId(role.sergeant)] },
    { allowance: null, hardLimit: null },
  );
  if (landed !== 'nothing') memberRoles().add(role.sergeant);
  if (landed === 'all') memberRoles().delete(role.private);
}

/** All leases run out and no write can still land. */
const muchLater = () => brevet.shiftDatabaseClock(60);

describe('the server dies after the intent; the retry with the key', () => {
  test.each(['nothing', 'assign', 'all'] as const)(
    '%s had landed: one step, and the answer of one step',
    async (landed) => {
      await crash('k', landed);
      await muchLater();
      const answer = await promote('k');
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ fromRank: 10, toRank: 20 });
      expect(ladderRoles()).toEqual([role.sergeant]);
      expect(brevet.rolesOf(player, group)).toContain(role.sideHigh);
      expect(await statuses()).toEqual(['done']);
      expect((await promote('k')).text).toBe(answer.text);
      expect(await pending()).toBe(0);
    },
  );

  test('while the owner may still live it is told to wait: 409', async () => {
    await crash('k', 'assign');
    expect((await promote('k')).status).toBe(409);
    expect(await statuses()).toEqual(['unsettled']);
  });

  test('somebody else changed the member meanwhile: nothing is written, and that is the stored answer', async () => {
    await crash('k', 'all');
    memberRoles().delete(role.sergeant);
    memberRoles().add(role.major);
    await muchLater();
    const since = brevet.callCount();
    const answer = await promote('k');
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/changed by somebody else meanwhile; nothing was written/);
    expect(brevet.callsSince(since).filter((name) => name.includes('ssign'))).toEqual([]);
    expect((await promote('k')).headers['idempotency-replayed']).toBe('true');
    expect(ladderRoles()).toEqual([role.major]);
  });

  test('another body with the key is still a mistake', async () => {
    await crash('k', 'nothing');
    await muchLater();
    const other = await brevet.call(`/v1/groups/${group}/promote`, {
      body: { robloxUserId: 1000 },
      headers: { 'idempotency-key': 'k' },
    });
    expect(other.status).toBe(400);
  });
});

describe('the server dies after the intent; whoever comes next', () => {
  test.each([
    ['nothing', 'not-done'],
    ['assign', 'done'],
    ['all', 'done'],
  ] as const)(
    '%s had landed: the old action is settled as %s first, then the new one done',
    async (landed, verdict) => {
      await crash(null, landed);
      await muchLater();
      expect((await setRank(40)).status).toBe(200);
      expect(await statuses()).toEqual([verdict, 'done']);
      expect(ladderRoles()).toEqual([role.major]);
      expect(await pending()).toBe(0);
    },
  );

  test('a demotion that came after stands: the old key answers from its own verdict', async () => {
    await crash('k', 'all');
    await muchLater();
    await setRank(10);
    const answer = await promote('k');
    expect(answer.json).toMatchObject({ fromRank: 10, toRank: 20 });
    expect(ladderRoles()).toEqual([role.private]);
  });

  test.each([
    ['nothing', 'not-done', [role.private]],
    ['assign', 'done', [role.sergeant]],
    ['all', 'done', [role.sergeant]],
  ] as const)('nobody comes: the timer settles it; %s had landed: %s', async (landed, verdict, roles) => {
    await crash(null, landed);
    expect(await settleUnsettled(brevet.deps)).toBe(0);
    await muchLater();
    expect(await settleUnsettled(brevet.deps)).toBe(1);
    expect(await statuses()).toEqual([verdict]);
    expect(ladderRoles()).toEqual(roles);
    expect(await settleUnsettled(brevet.deps)).toBe(0);
  });
});

test('the timer found it not done; the retry with the key runs the same intent again', async () => {
  await crash('k', 'nothing');
  await muchLater();
  expect(await settleUnsettled(brevet.deps)).toBe(1);
  expect(await statuses()).toEqual(['not-done']);
  expect((await promote('k')).json).toMatchObject({ fromRank: 10, toRank: 20 });
  expect(await statuses()).toEqual(['done']);
  expect(ladderRoles()).toEqual([role.sergeant]);
});

describe('an answer is lost', () => {
  test.each(['cloudAssignRole', 'cloudUnassignRole'])(
    '%s applied, its answer dropped: one step, exact roles, also for the retry',
    async (endpoint) => {
      brevet.emulator.addFault({ endpoint, kind: 'applyThenDrop' });
      const answer = await promote('k');
      const again = await promote('k');
      expect(again.json).toMatchObject({ fromRank: 10, toRank: 20 });
      expect([200, 502]).toContain(answer.status);
      expect(ladderRoles()).toEqual([role.sergeant]);
      expect(await statuses()).toEqual(['done']);
    },
  );

  test('Roblox stays away after the intent: the answer says so, and a later retry does it once', async () => {
    brevet.emulator.addFault({ endpoint: 'cloudAssignRole', kind: 'reset', times: null });
    const answer = await promote('k');
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/may have been applied/);
    brevet.emulator.clearFaults();
    expect((await promote('k')).json).toMatchObject({ fromRank: 10, toRank: 20 });
    expect(ladderRoles()).toEqual([role.sergeant]);
    expect(await statuses()).toEqual(['done']);
  });

  test('refused half-way for good: partial, with what is held, and stored', async () => {
    brevet.emulator.addFault({
      endpoint: 'cloudUnassignRole',
      kind: 'status',
      status: 403,
      body: { code: 'PERMISSION_DENIED', message: 'no' },
      times: null,
    });
    const answer = await promote('k');
    expect(answer.status).toBe(502);
    expect(answer.text).toMatch(/only a part/);
    const [row] = await brevet.query<{ status: string; held_roles: number[] }>(
      'select status, held_roles from actions',
    );
    expect(row?.status).toBe('partial');
    expect([...(row?.held_roles ?? [])].sort()).toEqual([role.private, role.sergeant]);
    expect((await promote('k')).headers['idempotency-replayed']).toBe('true');
  });

  test('nothing was sent: not done is not kept as the answer, and a retry may try again at once', async () => {
    brevet.emulator.addFault({ endpoint: 'cloudAssignRole', kind: 'status', status: 401 });
    const answer = await promote('k');
    expect(answer.status).toBe(502);
    expect(await statuses()).toEqual(['not-done']);
    const again = await promote('k'); // the credential counts as broken by now
    expect(again.status).toBe(502);
    expect(again.headers['idempotency-replayed']).toBeUndefined();
    expect(ladderRoles()).toEqual([role.private]);
  });

  test('refused at once: nothing was changed, and it does not count', async () => {
    brevet.emulator.addFault({
      endpoint: 'cloudAssignRole',
      kind: 'status',
      status: 403,
      body: { code: 'PERMISSION_DENIED', message: 'no' },
    });
    expect((await promote()).status).toBe(502);
    expect(await statuses()).toEqual(['rejected']);
    expect((await promote()).json).toMatchObject({ usage: 1 });
  });
});

describe('reads lag behind writes', () => {
  test('two promotes inside the lag are two steps', async () => {
    brevet.emulator.addFault({ kind: 'staleReads', seconds: 60, times: null });
    expect((await promote()).json).toMatchObject({ fromRank: 10, toRank: 20 });
    expect((await promote()).json).toMatchObject({ fromRank: 20, toRank: 30 });
    expect((await promote()).json).toMatchObject({ fromRank: 30, toRank: 40 });
    expect(ladderRoles()).toEqual([role.major]);
  });
});

/** Schedules that the state machine of src/domain/exactly-once found first. */
describe('beliefs about a lagging Roblox never decide alone', () => {
  test.each(['assign', 'all'] as const)(
    'a repeated step dies when %s had landed: what looks stale is finished',
    async (landed) => {
      await promote();
      await setRank(10);
      await crash(null, landed);
      await brevet.shiftDatabaseClock(40);
      expect(await settleUnsettled(brevet.deps)).toBe(1);
      expect(await statuses()).toEqual(['done', 'done', 'done']);
      expect(ladderRoles()).toEqual([role.sergeant]);
    },
  );

  test('moved back by hand within the lag: the rank asked for is written, not believed', async () => {
    await promote();
    memberRoles().delete(role.sergeant);
    memberRoles().add(role.private);
    expect((await setRank(20)).json).toMatchObject({ fromRank: 20, toRank: 20 });
    expect(ladderRoles()).toEqual([role.sergeant]);
  });

  test('finished by the next request, whose own answer is lost while reads lag: both steps, nothing superseded', async () => {
    await crash(null, 'assign');
    await muchLater();
    brevet.emulator.addFault({ kind: 'staleReads', seconds: 60, times: null });
    brevet.emulator.addFault({ endpoint: 'cloudAssignRole', kind: 'applyThenDrop', skip: 1 });
    expect((await promote()).status).toBe(200);
    expect(await statuses()).toEqual(['done', 'done']);
    expect(ladderRoles()).toEqual([role.captain]);
  });
});

test('whoever finishes a half-done change is refused: partial, with what is held', async () => {
  await crash(null, 'assign');
  await muchLater();
  const no = { code: 'PERMISSION_DENIED', message: 'no' };
  brevet.emulator.addFault({ endpoint: 'cloudUnassignRole', kind: 'status', status: 403, body: no, times: null });
  expect(await settleUnsettled(brevet.deps)).toBe(1);
  const [row] = await brevet.query<{ status: string; held_roles: number[] }>('select status, held_roles from actions');
  expect(row).toMatchObject({ status: 'partial', held_roles: [role.private, role.sergeant] });
});

test('the retry of a not-done action whose write landed after all answers done', async () => {
  await crash('k', 'nothing');
  await muchLater();
  await settleUnsettled(brevet.deps);
  memberRoles().add(role.sergeant);
  memberRoles().delete(role.private);
  expect((await promote('k')).json).toMatchObject({ fromRank: 10, toRank: 20 });
  expect(await statuses()).toEqual(['done']);
});

describe('two at once', () => {
  test('different ranks for one member: both answers are true, one role at the end', async () => {
    const [first, second] = await Promise.all([setRank(20), setRank(40)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    const answers = [first.json, second.json] as { fromRank: number; toRank: number }[];
    const last = answers.find((answer) => answer.fromRank !== 10);
    const other = answers.find((answer) => answer.fromRank === 10);
    expect(last?.fromRank).toBe(other?.toRank);
    expect(ladderRoles()).toEqual([last?.toRank === 40 ? role.major : role.sergeant]);
  });

  test('eight promotes with keys, each sent twice: as many steps as keys', async () => {
    const send = async (key: string) => {
      const answers = await Promise.all([promote(key), promote(key)]);
      return answers.map((answer) => answer.status).sort();
    };
    const outcomes = await Promise.all(['a', 'b', 'c'].map(send));
    expect(outcomes).toEqual([
      [200, 409],
      [200, 409],
      [200, 409],
    ]);
    expect(ladderRoles()).toEqual([role.major]);
    expect((await statuses()).filter((status) => status === 'done')).toHaveLength(3);
  });
});
