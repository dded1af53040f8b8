import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/harness/database.ts';
import { type GroupId, groupId, rank, roleId, userId, type WorkspaceId } from '../domain/ids.ts';
import { remember } from '../domain/settlement.ts';
import { type Database, openDatabase } from './database.ts';
import { createJournal, GuardFailed, type Journal, newActionId } from './journal.ts';
import { type ActionRef, type ClaimRequest, createTurnStore, type Held, type TurnStore } from './turns.ts';

let fresh: FreshDatabase;
let database: Database;
let turns: TurnStore;
let journal: Journal;
let group: GroupId;
let groups = 5000;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.connectionString, 4, () => {});
  turns = createTurnStore(database);
  journal = createJournal(database);
  await database.pool.query("insert into workspaces (slug, name, plan) values ('one', 'One', 'max')");
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const player = userId(7);
const workspaceId = 1 as WorkspaceId;
const next = () => {
  groups += 1;
  group = groupId(groups);
};
const later = (seconds: number) =>
  database.pool.query('update installation set clock_shift = clock_shift + make_interval(secs => $1)', [seconds]);
const claimOf = (key: string, fingerprint = 'a'): ClaimRequest => ({
  workspaceId,
  dialect: 'wesk',
  groupId: group,
  key,
  fingerprint: Buffer.from(fingerprint),
});
const begin = (holder: string, claim: ClaimRequest | null = null) =>
  turns.begin({ holder, groupId: group, userId: player, claim });

async function hold(holder: string, claim: ClaimRequest | null = null): Promise<Held> {
  const { turn } = await begin(holder, claim);
  if (turn === null) throw new Error('the turn is taken');
  return { holder, groupId: group, userId: player, fence: turn.fence, claim };
}

const intend = (held: Held) =>
  journal.intend(
    held,
    {
      id: newActionId(Date.now(), randomBytes(10)),
      workspaceId,
      kind: 'rank',
      dialect: 'wesk',
      requested: { kind: 'exact', rank: rank(20) },
      keyId: null,
      actor: null,
      idempotencyKey: held.claim?.key ?? null,
      credential: null,
    },
    { fromRank: rank(10), toRank: rank(20), before: [roleId(10)], after: [roleId(20)] },
    { allowance: null, hardLimit: null },
  );
/** As whoever settles it knows it. */
const owned = (action: ActionRef) => ({ ...action, workspaceId, dialect: 'wesk' as const });
const done = { status: 'done', refusal: null, held: [roleId(20)], remarks: [] } as const;

describe('a turn', () => {
  test('has one holder; given back, the next one has it', async () => {
    next();
    const first = await hold('a');
    expect((await begin('b')).turn).toBeNull();
    await turns.release(first);
    expect((await begin('b')).turn).not.toBeNull();
  });

  test('runs out after 15 s, and the former holder can do nothing with it', async () => {
    next();
    const first = await hold('a');
    await later(14);
    expect((await begin('b')).turn).toBeNull();
    await later(2);
    const second = await hold('b');
    expect(second.fence).toBe(first.fence + 1);
    expect(await turns.renew(first)).toBe(false);
    await expect(intend(first)).rejects.toThrow(GuardFailed);
    await turns.release(first);
    expect((await begin('c')).turn).toBeNull();
  });

  test('renewed, it lasts 15 s from then', async () => {
    next();
    const held = await hold('a');
    await later(10);
    expect(await turns.renew(held)).toBe(true);
    await later(10);
    expect((await begin('b')).turn).toBeNull();
  });

  test('remembers what was settled, for whoever comes next', async () => {
    next();
    const held = await hold('a');
    const action = await intend(held);
    const memory = remember(
      null,
      { before: [roleId(10)], after: [roleId(20)] },
      { held: [roleId(20)], at: new Date(0), isOnlyRole: true },
    );
    await journal.settle(held, owned(action), done, { by: 1, allowance: 5 }, memory, false);
    expect((await begin('b')).turn).toMatchObject({ memory, pending: null });
  });

  test('names the action its former holder left unsettled', async () => {
    next();
    const action = await intend(await hold('a'));
    expect(await journal.abandoned(10)).toEqual([]);
    await later(16);
    expect(await journal.abandoned(10)).toEqual([{ groupId: group, userId: player }]);
    const { turn } = await begin('b');
    expect(turn?.pending).toEqual(action);
  });

  test('no second intent while one is unsettled', async () => {
    next();
    const held = await hold('a');
    await intend(held);
    await expect(intend(held)).rejects.toThrow('turn');
  });

  test('a verdict is given once', async () => {
    next();
    const held = await hold('a');
    const action = await intend(held);
    await journal.settle(held, owned(action), done, { by: 1, allowance: null }, null, true);
    await expect(journal.settle(held, owned(action), done, { by: 1, allowance: null }, null, true)).rejects.toThrow(
      GuardFailed,
    );
  });

  test('at the start of an embedded database nobody holds anything', async () => {
    next();
    await hold('a', claimOf('void'));
    await turns.voidAll();
    const { claim, turn } = await begin('b', claimOf('void'));
    expect(claim).toEqual({ kind: 'owned', action: null });
    expect(turn).not.toBeNull();
  });
});

describe('a claim', () => {
  test('has one owner, who may ask again; another body is told apart first', async () => {
    next();
    await hold('a', claimOf('k'));
    expect((await begin('a', claimOf('k'))).claim).toMatchObject({ kind: 'owned' });
    expect((await begin('b', claimOf('k'))).claim).toEqual({ kind: 'running' });
    expect((await begin('b', claimOf('k', 'other'))).claim).toEqual({ kind: 'mismatch' });
  });

  test('without an intent it is forgotten when given back', async () => {
    next();
    await turns.release(await hold('a', claimOf('k')));
    expect((await begin('b', claimOf('k', 'other'))).claim).toMatchObject({ kind: 'owned' });
  });

  test('its owner dead, another one gets it with the intent, and the former owner’s later intent fails', async () => {
    next();
    const first = await hold('a', claimOf('k'));
    await later(16);
    const { claim } = await begin('b', claimOf('k'));
    expect(claim).toEqual({ kind: 'owned', action: null });
    await expect(intend(first)).rejects.toThrow(GuardFailed);

    next();
    const action = await intend(await hold('a', claimOf('k')));
    await later(16);
    expect((await begin('b', claimOf('k'))).claim).toEqual({ kind: 'owned', action });
  });

  test('completed, it answers with its action until 24 hours have passed', async () => {
    next();
    const held = await hold('a', claimOf('k'));
    const action = await intend(held);
    await journal.settle(held, owned(action), done, { by: 1, allowance: null }, null, false);
    expect((await begin('b', claimOf('k'))).claim).toEqual({ kind: 'completed', action });
    expect((await begin('b', claimOf('k', 'other'))).claim).toEqual({ kind: 'mismatch' });
    await later(24 * 3600 + 1);
    expect((await begin('b', claimOf('k', 'other'))).claim).toEqual({ kind: 'owned', action: null });
  });

  test('is not left behind by a verdict that knows nothing of it', async () => {
    next();
    const held = await hold('a', claimOf('k'));
    const action = await intend(held);
    const keyless = { ...held, claim: null };
    await expect(journal.settle(keyless, owned(action), done, { by: 1, allowance: null }, null, false)).rejects.toThrow(
      'key',
    );
    expect((await journal.find(action))?.action.status).toBe('unsettled');
  });

  test('twenty at once: one owner', async () => {
    next();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => begin(`h${index}`, claimOf('k'))));
    expect(answers.filter((answer) => answer.claim?.kind === 'owned')).toHaveLength(1);
    expect(answers.filter((answer) => answer.turn !== null)).toHaveLength(1);
  });
});

describe('a hard quota', () => {
  test('is reserved with the intent and never passed, however many ask at once', async () => {
    const counting = { allowance: null, hardLimit: 3 };
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, async (_, index) => {
        const place = { holder: `q${index}`, groupId: groupId(9000), userId: userId(index + 1), claim: null };
        const { turn } = await turns.begin(place);
        const action = {
          id: newActionId(Date.now(), randomBytes(10)),
          workspaceId,
          kind: 'rank' as const,
          dialect: 'rankgun' as const,
        };
        return journal.intend(
          { ...place, fence: turn?.fence ?? 0 },
          {
            ...action,
            requested: { kind: 'exact', rank: rank(20) },
            keyId: null,
            actor: null,
            idempotencyKey: null,
            credential: null,
          },
          { fromRank: rank(10), toRank: rank(20), before: [], after: [roleId(20)] },
          counting,
        );
      }),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
    const { rows } = await database.pool.query("select used from usage_counters where dialect = 'rankgun'");
    expect(rows).toEqual([{ used: 3 }]);
  });
});
