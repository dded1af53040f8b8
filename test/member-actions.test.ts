/** Exile, join requests and shout: once, settled by evidence of their own (design.md 3.9). */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../src/domain/caller.ts';
import { groupId, userId, type WorkspaceId } from '../src/domain/ids.ts';
import type { FaultInput } from '../src/emulator/faults.ts';
import { answerJoinRequest } from '../src/operations/answer-join-request.ts';
import { exileMember } from '../src/operations/exile-member.ts';
import { postShout } from '../src/operations/post-shout.ts';
import { settleUnsettled } from '../src/operations/settle-unsettled.ts';
import { acme, type Brevet, openCloudKey, startBrevet } from './harness/brevet.ts';

let brevet: Brevet;
let caller: Caller;
const airline = groupId(7001);
const member = userId(2021);
const applicant = userId(3001);

beforeEach(async () => {
  brevet = await startBrevet({
    document: acme({ blacklist: [{ groupId: 7001, robloxUserId: 3002, reason: 'test' }] }),
  });
  const cookie = brevet.emulator.world.sessions[0]?.cookie;
  await brevet.apply(
    acme({
      credential: { kind: 'openCloud', value: openCloudKey },
      extraCredentials: [{ kind: 'cookie', value: cookie }],
    }),
  );
  const [workspace] = await brevet.query<{ id: WorkspaceId }>('select id from workspaces');
  if (workspace === undefined) throw new Error('no workspace');
  caller = {
    workspaceId: workspace.id,
    dialect: 'rankportal',
    keyId: null,
    actor: null,
    groupId: null,
    maxRank: null,
    actions: null,
  };
});
afterEach(() => brevet.close());

const keyed = (key?: string) =>
  key === undefined ? null : { key, fingerprint: createHash('sha256').update(key).digest() };
const exile = (key?: string, who = member) =>
  exileMember(brevet.deps, caller, { groupId: airline, userId: who, idempotency: keyed(key) });
const answer = (verdict: 'accept' | 'decline', key?: string, who = applicant) =>
  answerJoinRequest(brevet.deps, caller, { groupId: airline, userId: who, verdict, idempotency: keyed(key) });
const shout = (text: string, key?: string) =>
  postShout(brevet.deps, caller, { groupId: airline, text, idempotency: keyed(key) });

const world = () => {
  const group = brevet.emulator.world.groups.get(7001);
  if (group === undefined) throw new Error('no group');
  return group;
};
const statuses = async () =>
  (await brevet.query<{ status: string }>('select status from actions order by created_at, id')).map(
    (row) => row.status,
  );
const lost = (endpoint: string): FaultInput => ({ endpoint, kind: 'applyThenDrop', times: 4 });
const calls = (endpoint: string) =>
  brevet.emulator.requests().filter((request) => request.endpoint === endpoint).length;

describe('exile', () => {
  test('removes the member, with the cookie, and says which rank was lost', async () => {
    const { action } = await exile();
    expect(action).toMatchObject({ kind: 'exile', status: 'done', fromRank: 3, toRank: 0 });
    expect(world().members.has(member)).toBe(false);
  });

  test('its answer lost: done by evidence; the retry with the key answers from the verdict', async () => {
    brevet.emulator.addFault(lost('exileUser'));
    expect((await exile('k')).action.status).toBe('done');
    expect(await exile('k')).toMatchObject({ isReplay: true, action: { status: 'done' } });
    expect(calls('exileUser')).toBe(2); // the first only fetched a CSRF token
  });

  test.each([
    ['a stranger', 4001, 'member.absent'],
    ['the owner', 1, 'member.is-owner'],
    ['the bot', 1000, 'member.is-bot'],
  ])('%s: refused before anything is written', async (_who, id, code) => {
    await expect(exile(undefined, userId(id))).rejects.toMatchObject({ refusal: { code } });
    expect(calls('exileUser')).toBe(0);
    expect(await statuses()).toEqual(['refused']);
  });

  test('a blacklisted member can be exiled', async () => {
    await brevet.apply(acme({ blacklist: [{ groupId: 7001, robloxUserId: member, reason: 'test' }] }));
    expect((await exile()).action.status).toBe('done');
  });

  test('without a cookie it is refused with the reason', async () => {
    await brevet.apply({ ...acme({ extraCredentials: [] }), prune: true });
    await expect(exile()).rejects.toMatchObject({ refusal: { code: 'credential.cannot', reason: 'needs-cookie' } });
  });

  test('refused by Roblox: nothing changed, and that is the stored answer', async () => {
    brevet.emulator.addFault({
      endpoint: 'exileUser',
      kind: 'status',
      status: 403,
      body: { errors: [{ code: 4, message: 'no' }] },
      times: null,
    });
    expect((await exile('k')).action).toMatchObject({ status: 'rejected', refusal: { code: 'roblox.rejected' } });
    expect(await exile('k')).toMatchObject({ isReplay: true });
    expect(world().members.has(member)).toBe(true);
  });
});

describe('join requests', () => {
  test('accepted: a member; declined: gone', async () => {
    expect((await answer('accept')).action.status).toBe('done');
    expect(world().members.has(applicant)).toBe(true);
    const other = userId(3003);
    expect((await answer('decline', undefined, other)).action.status).toBe('done');
    expect(world().joinRequests.has(other)).toBe(false);
    expect(world().members.has(other)).toBe(false);
  });

  test.each(['accept', 'decline'] as const)('%s with its answer lost is done by evidence, once', async (verdict) => {
    brevet.emulator.addFault(lost(verdict === 'accept' ? 'cloudAcceptJoinRequest' : 'cloudDeclineJoinRequest'));
    expect((await answer(verdict, 'k')).action.status).toBe('done');
    expect((await answer(verdict, 'k')).isReplay).toBe(true);
    expect(await statuses()).toEqual(['done']);
  });

  test('none there: refused', async () => {
    await expect(answer('accept', undefined, member)).rejects.toMatchObject({
      refusal: { code: 'join-request.absent' },
    });
  });

  test('a blacklisted user is not accepted, but can be declined', async () => {
    await expect(answer('accept', undefined, userId(3002))).rejects.toMatchObject({
      refusal: { code: 'user.blacklisted' },
    });
    expect((await answer('decline', undefined, userId(3002))).action.status).toBe('done');
  });
});

describe('shout', () => {
  test('is posted by the bot', async () => {
    expect((await shout('Doors close in five minutes.')).action.status).toBe('done');
    expect(world().shout).toMatchObject({ body: 'Doors close in five minutes.', posterId: 1000 });
  });

  test('its answer lost: done by what the group shows', async () => {
    brevet.emulator.addFault(lost('cloudPostShout'));
    expect((await shout('Once', 'k')).action.status).toBe('done');
    expect((await shout('Once', 'k')).isReplay).toBe(true);
    expect(calls('cloudPostShout')).toBe(1);
  });

  test('the shout route is gone: refused for good, with Roblox’s status', async () => {
    brevet.emulator.world.behaviour.cloudShoutRoute = 'gone';
    expect((await shout('Hello')).action).toMatchObject({
      status: 'rejected',
      refusal: { code: 'roblox.rejected', status: 410 },
    });
  });

  test('lost and not to be seen: unknown, and never sent again by itself', async () => {
    brevet.emulator.addFault({ endpoint: 'cloudPostShout', kind: 'reset' });
    world().shout = null;
    const { action } = await shout('Quiet', 'k');
    expect(action.status).toBe('unknown');
    await brevet.shiftDatabaseClock(120);
    expect(await settleUnsettled(brevet.deps)).toBe(0);
    expect(calls('cloudPostShout')).toBe(1);
  });
});

describe('the answer lost and Roblox away: the timer settles it later', () => {
  test.each([
    ['done', true],
    ['not-done', false],
  ] as const)('an exile: %s', async (verdict, applied) => {
    brevet.emulator.addFault({
      endpoint: 'exileUser',
      kind: applied ? 'applyThenDrop' : 'reset',
      skip: 1,
      times: null,
    });
    brevet.emulator.addFault({ endpoint: 'listUserGroups', kind: 'status', status: 403, skip: 2, times: null });
    expect((await exile()).action.status).toBe('unsettled');
    brevet.emulator.clearFaults();
    await brevet.shiftDatabaseClock(60);
    expect(await settleUnsettled(brevet.deps)).toBe(1);
    expect(await statuses()).toEqual([verdict]);
    expect(world().members.has(member)).toBe(!applied);
  });
});
