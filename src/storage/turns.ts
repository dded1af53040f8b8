/**
 * Turns and idempotency claims: who may change a member now, and who owns a key. Guarded statements on the database's
 * clock, one round trip each; never an advisory lock or an open transaction (design.md 3.3, 3.8).
 */
import type { Dialect } from '../domain/caller.ts';
import type { ActionId, GroupId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Memory } from '../domain/settlement.ts';
import { type Database, given, givenNow, runPrepared, type Statement } from './database.ts';

export const leaseSeconds = 15;
/** A Roblox write's time-out: no write is sent with less than this left of the lease. */
export const writeTimeoutSeconds = 7;
const claimKeptHours = 24;

/** A request's Idempotency-Key; it lives per workspace, dialect and group. */
export type ClaimRequest = {
  readonly workspaceId: WorkspaceId;
  readonly dialect: Dialect;
  readonly groupId: GroupId;
  readonly key: string;
  /** SHA-256 of what the request asks for. */
  readonly fingerprint: Buffer;
};

export type ActionRef = { readonly id: ActionId; readonly createdAt: Date };

export type ClaimAnswer =
  /** Ours now. `action`: the intent of a former owner, to be settled rather than made again. */
  | { readonly kind: 'owned'; readonly action: ActionRef | null }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'running' }
  | { readonly kind: 'completed'; readonly action: ActionRef };

/** A turn as taken: what the row remembered of the member. */
export type TurnRow = {
  readonly fence: number;
  readonly pending: ActionRef | null;
  readonly memory: Memory | null;
  /** The database's time when the turn was taken. */
  readonly now: Date;
};

export type BeginAnswer = { readonly claim: ClaimAnswer | null; readonly turn: TurnRow | null };

const claimPlace =
  'k.workspace_id = p.workspace_id and k.dialect = p.dialect and k.group_id = p.group_id and k.key = p.key';
const heldColumns =
  'group_id bigint, user_id bigint, holder text, fence bigint, workspace_id integer, dialect text, key text';

/** Conditions that hold only for the turn's or claim's present holder; `p` has the columns of `heldParameters`. */
export const holderGuards = {
  columns: heldColumns,
  turn: 't.group_id = p.group_id and t.user_id = p.user_id and t.holder = p.holder and t.fence = p.fence',
  claim: `${claimPlace} and k.owner = p.holder and k.completed_at is null`,
};

const lease = `brevet_now() + make_interval(secs => ${leaseSeconds})`;

const leaseFromNow = `p.now + interval '${leaseSeconds} seconds'`;

const turnTaken = (condition: string) => `
    turn as (
      insert into turns as t (group_id, user_id, holder, fence, expires_at)
      select p.group_id, p.user_id, p.holder, 1, ${leaseFromNow} from p${condition}
      on conflict (group_id, user_id) do update set
        holder = excluded.holder, fence = t.fence + 1, expires_at = excluded.expires_at
      where t.expires_at < (select now from p)
      returning fence, pending_action, pending_created_at, memory
    )`;

/** Most requests come without a key, and a part of a statement that finds nothing to do costs half of one that does. */
const begin: Statement = {
  name: 'turns.begin',
  text: `
    with ${givenNow('group_id bigint, user_id bigint, holder text')}, ${turnTaken('')}
    select p.now, null as claimed, (select row_to_json(turn) from turn) as turn from p`,
};

const beginWithKey: Statement = {
  name: 'turns.begin-with-key',
  text: `
    with ${givenNow('group_id bigint, user_id bigint, holder text, workspace_id integer, dialect text, key text, fingerprint text')},
    claimed as (
      insert into idempotency_keys as k
        (workspace_id, dialect, group_id, key, fingerprint, owner, owner_expires_at, created_at)
      select p.workspace_id, p.dialect, p.group_id, p.key, decode(p.fingerprint, 'hex'), p.holder, ${leaseFromNow}, p.now
      from p
      on conflict (workspace_id, dialect, group_id, key) do update set
        owner = excluded.owner,
        owner_expires_at = excluded.owner_expires_at,
        fingerprint = excluded.fingerprint,
        created_at = case when k.completed_at is null then k.created_at else excluded.created_at end,
        action_id = case when k.completed_at is null then k.action_id end,
        action_created_at = case when k.completed_at is null then k.action_created_at end,
        completed_at = null
      where (k.completed_at is null and k.fingerprint = excluded.fingerprint
             and (k.owner_expires_at < (select now from p) or k.owner = excluded.owner))
         or k.completed_at < (select now from p) - interval '${claimKeptHours} hours'
      returning action_id, action_created_at
    ), ${turnTaken(' where exists (select from claimed)')}
    select p.now, (select row_to_json(claimed) from claimed) as claimed, (select row_to_json(turn) from turn) as turn
    from p`,
};

const findClaim: Statement = {
  name: 'turns.find-claim',
  text: `
    with ${given('workspace_id integer, dialect text, group_id bigint, key text')}
    select fingerprint, action_id, action_created_at, completed_at from idempotency_keys k, p where ${claimPlace}`,
};

const renew: Statement = {
  name: 'turns.renew',
  text: `
    with ${given(heldColumns)},
    turn as (
      update turns t set expires_at = ${lease} from p
      where ${holderGuards.turn} and t.expires_at > brevet_now()
      returning pending_action, pending_created_at, expires_at
    ), claim as (
      update idempotency_keys k set owner_expires_at = ${lease} from p
      where ${holderGuards.claim} and exists (select from turn)
    ), action as (
      -- a write may now be sent later than first written down
      update actions a set write_by = turn.expires_at - make_interval(secs => ${writeTimeoutSeconds}) from turn
      where a.id = turn.pending_action and a.created_at = turn.pending_created_at and a.status = 'unsettled'
    )
    select 1 from turn`,
};

const release: Statement = {
  name: 'turns.release',
  text: `
    with ${given(heldColumns)},
    turn as (
      update turns t set holder = null, expires_at = '-infinity' from p where ${holderGuards.turn}
      returning pending_action, pending_created_at
    ), action as (
      -- nothing more is sent from here on
      update actions a set write_by = least(a.write_by, brevet_now()) from turn
      where a.id = turn.pending_action and a.created_at = turn.pending_created_at and a.status = 'unsettled'
    ), forgotten as (
      delete from idempotency_keys k using p where ${holderGuards.claim} and k.action_id is null
    )
    update idempotency_keys k set owner_expires_at = '-infinity' from p
    where ${holderGuards.claim} and k.action_id is not null`,
};

type StoredMemory = {
  held: number[];
  settledAt: string;
  isOnlyRole: boolean;
  transitions: { before: number[]; after: number[]; settledAt: string }[];
};

function memoryFrom(stored: StoredMemory | null): Memory | null {
  if (stored === null) return null;
  return {
    held: stored.held as Memory['held'][number][],
    settledAt: new Date(stored.settledAt),
    isOnlyRole: stored.isOnlyRole,
    transitions: stored.transitions.map((one) => ({
      before: one.before as Memory['held'][number][],
      after: one.after as Memory['held'][number][],
      settledAt: new Date(one.settledAt),
    })),
  };
}

function actionRef(id: string | null, createdAt: string | Date | null): ActionRef | null {
  return id === null || createdAt === null ? null : { id: id as ActionId, createdAt: new Date(createdAt) };
}

/** Names a holder's turn and claim in every later statement. */
export type Held = {
  readonly holder: string;
  readonly groupId: GroupId;
  readonly userId: UserId;
  readonly fence: number;
  readonly claim: ClaimRequest | null;
};

export function heldParameters(held: Held) {
  return {
    group_id: held.groupId,
    user_id: held.userId,
    holder: held.holder,
    fence: held.fence,
    workspace_id: held.claim?.workspaceId ?? null,
    dialect: held.claim?.dialect ?? null,
    key: held.claim?.key ?? null,
  };
}

export type TurnStore = {
  /** Claims the key, if there is one, and takes the turn if it is free: one statement. The same holder may ask again. */
  begin(request: {
    holder: string;
    groupId: GroupId;
    userId: UserId;
    claim: ClaimRequest | null;
  }): Promise<BeginAnswer>;
  /** Another full lease from now; false when the turn is no longer ours. */
  renew(held: Held): Promise<boolean>;
  /** Gives turn and claim back without a verdict: a claim without an intent is forgotten, one with an intent may be taken over. */
  release(held: Held): Promise<void>;
  /** Embedded database: whoever held something died with the former server. */
  voidAll(): Promise<void>;
};

export function createTurnStore(database: Database): TurnStore {
  return {
    async begin({ holder, groupId, userId, claim }) {
      type Row = {
        now: Date;
        claimed: { action_id: string | null; action_created_at: string | null } | null;
        turn: {
          fence: number;
          pending_action: string | null;
          pending_created_at: string | null;
          memory: StoredMemory | null;
        } | null;
      };
      const place = { group_id: groupId, user_id: userId, holder };
      const [row] =
        claim === null
          ? await runPrepared<Row>(database, begin, place)
          : await runPrepared<Row>(database, beginWithKey, {
              ...place,
              workspace_id: claim.workspaceId,
              dialect: claim.dialect,
              key: claim.key,
              fingerprint: claim.fingerprint.toString('hex'),
            });
      if (row === undefined) throw new Error('turns.begin answered no row');
      const turn =
        row.turn === null
          ? null
          : {
              fence: row.turn.fence,
              pending: actionRef(row.turn.pending_action, row.turn.pending_created_at),
              memory: memoryFrom(row.turn.memory),
              now: row.now,
            };
      if (claim === null) return { claim: null, turn };
      if (row.claimed !== null) {
        return {
          claim: { kind: 'owned', action: actionRef(row.claimed.action_id, row.claimed.action_created_at) },
          turn,
        };
      }
      return { claim: await describeClaim(claim), turn };
    },
    async renew(held) {
      return (await runPrepared(database, renew, heldParameters(held))).length > 0;
    },
    async release(held) {
      await runPrepared(database, release, heldParameters(held));
    },
    async voidAll() {
      await database.pool.query(`
        with turn as (update turns set holder = null, expires_at = '-infinity' where holder is not null),
        claim as (update idempotency_keys set owner_expires_at = '-infinity' where completed_at is null)
        update actions set write_by = least(write_by, brevet_now()) where status = 'unsettled'`);
    },
  };

  /** Why a claim was not given: the row is somebody else's or over. */
  async function describeClaim(claim: ClaimRequest): Promise<ClaimAnswer> {
    type Row = {
      fingerprint: Buffer;
      action_id: string | null;
      action_created_at: Date | null;
      completed_at: Date | null;
    };
    const place = { workspace_id: claim.workspaceId, dialect: claim.dialect, group_id: claim.groupId, key: claim.key };
    const [row] = await runPrepared<Row>(database, findClaim, place);
    if (row === undefined) return { kind: 'running' }; // given back between the two statements: the client may retry
    if (!row.fingerprint.equals(claim.fingerprint)) return { kind: 'mismatch' };
    const action = actionRef(row.action_id, row.action_created_at);
    return row.completed_at !== null && action !== null ? { kind: 'completed', action } : { kind: 'running' };
  }
}
