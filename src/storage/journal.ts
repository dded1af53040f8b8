/**
 * The journal: an action's intent, its outcome, and what hangs on both (usage, key, turn), each in one statement, so that
 * no crash can separate them (design.md 3.5, 3.7).
 */
import type { Action, ActionStatus } from '../domain/action.ts';
import type { ActionId, Rank, RoleId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Memory } from '../domain/settlement.ts';
import { type ActionRow, actionColumns, actionFrom } from './action-row.ts';
import { abortedGuard, type Database, given, runPrepared, type Statement } from './database.ts';
import { type ActionRef, type Held, heldParameters, holderGuards, writeTimeoutSeconds } from './turns.ts';

/** A guard of a statement was not met: turn or key are no longer ours, or the quota is used up. Nothing was written. */
export class GuardFailed extends Error {
  override readonly name = 'GuardFailed';
  readonly guard: string;

  constructor(guard: string) {
    super(`The guard "${guard}" was not met.`);
    this.guard = guard;
  }
}

export type NewAction = Pick<Action, 'id' | 'workspaceId' | 'kind' | 'dialect' | 'requested'> & {
  readonly keyId: number | null;
  readonly actor: string | null;
  readonly idempotencyKey: string | null;
  readonly credential: { readonly id: number; readonly kind: string } | null;
};

/** How a success counts: `allowance` only flags (WESK), `hardLimit` blocks and is reserved with the intent (RankGun). */
export type Counting = { readonly allowance: number | null; readonly hardLimit: number | null };

/** The roles an action found and wants; ranks are null where it is not about rank. */
export type IntentRoles = {
  readonly fromRank: Rank | null;
  readonly toRank: Rank | null;
  readonly before: readonly RoleId[];
  readonly after: readonly RoleId[];
};

export type Outcome = {
  readonly status: ActionStatus;
  readonly refusal: Refusal | null;
  /** Ladder roles known to be held now; null: not known. */
  readonly held: readonly RoleId[] | null;
  readonly remarks: readonly string[];
};

export type Counted = { readonly usage: number | null; readonly isOverage: boolean | null };

const newColumns = `id uuid, action_workspace integer, kind text, action_dialect text, key_id integer, actor text,
  idempotency_key text, requested jsonb, credential_id integer, credential_kind text`;
const insertColumns = `id, created_at, workspace_id, group_id, user_id, kind, dialect, key_id, actor, idempotency_key, requested,
  credential_id, credential_kind`;
const insertValues = `p.id, brevet_now(), p.action_workspace, p.group_id, p.user_id, p.kind, p.action_dialect, p.key_id, p.actor,
  p.idempotency_key, p.requested, p.credential_id, p.credential_kind`;
const thisMonth = "date_trunc('month', brevet_now() at time zone 'UTC')::date";
const writeBy = `turn.expires_at - make_interval(secs => ${writeTimeoutSeconds})`;

function newParameters(action: NewAction) {
  return {
    id: action.id,
    action_workspace: action.workspaceId,
    kind: action.kind,
    action_dialect: action.dialect,
    key_id: action.keyId,
    actor: action.actor,
    idempotency_key: action.idempotencyKey,
    requested: action.requested,
    credential_id: action.credential?.id ?? null,
    credential_kind: action.credential?.kind ?? null,
  };
}

const intend: Statement = {
  name: 'journal.intend',
  text: `
    with ${given(`${holderGuards.columns}, ${newColumns}, from_rank smallint, to_rank smallint, before_roles bigint[], after_roles bigint[], hard_limit integer`)},
    turn as (
      update turns t set pending_action = p.id, pending_created_at = brevet_now() from p
      where ${holderGuards.turn} and t.expires_at > brevet_now() and t.pending_action is null
      returning t.expires_at
    ), claim as (
      update idempotency_keys k set action_id = p.id, action_created_at = brevet_now() from p
      where ${holderGuards.claim} and k.action_id is null
      returning 1
    ), quota as (
      insert into usage_counters as c (workspace_id, dialect, month, used)
      select p.action_workspace, p.action_dialect, ${thisMonth}, 1 from p where p.hard_limit > 0
      on conflict (workspace_id, dialect, month) do update set used = c.used + 1 where c.used < (select hard_limit from p)
      returning used
    ), action as (
      insert into actions (${insertColumns}, status, from_rank, to_rank, before_roles, after_roles, write_by)
      select ${insertValues}, 'unsettled', p.from_rank, p.to_rank, p.before_roles, p.after_roles, ${writeBy} from p, turn
      returning created_at
    )
    select action.created_at,
      case when not exists (select from turn) then brevet_abort('turn')
        when p.key is not null and not exists (select from claim) then brevet_abort('claim')
        when p.hard_limit is not null and not exists (select from quota) then brevet_abort('quota') end
    from p left join action on true`,
};

/** Runs an intent that came to nothing once more: same action, same roles. */
const resume: Statement = {
  name: 'journal.resume',
  text: `
    with ${given(`${holderGuards.columns}, id uuid, created_at timestamptz`)},
    turn as (
      update turns t set pending_action = p.id, pending_created_at = p.created_at from p
      where ${holderGuards.turn} and t.expires_at > brevet_now() and (t.pending_action is null or t.pending_action = p.id)
      returning t.expires_at
    ), action as (
      update actions a set status = 'unsettled', settled_at = null, refusal = null, write_by = ${writeBy} from p, turn
      where a.id = p.id and a.created_at = p.created_at and a.status in ('not-done', 'unsettled')
      returning 1
    )
    select case when not exists (select from turn) then brevet_abort('turn')
      when not exists (select from action) then brevet_abort('settled') end`,
};

// counts is 1 for a success of a soft dialect, -1 gives a reserved quota back, 0 leaves the counter alone
const counter = (source: string) => `
    usage as (
      insert into usage_counters as c (workspace_id, dialect, month, used)
      select ${source}
      on conflict (workspace_id, dialect, month) do update set used = greatest(0, c.used + (select counts from p))
      returning used
    ), counted as (
      select usage.used, p.allowance is not null and usage.used > p.allowance as is_overage from usage, p
    )`;
const outcomeColumns =
  'status text, refusal jsonb, held_roles bigint[], remarks text[], counts integer, allowance integer';

const settle: Statement = {
  name: 'journal.settle',
  text: `
    with ${given(`${holderGuards.columns}, id uuid, created_at timestamptz, ${outcomeColumns}, memory jsonb, keep_turn boolean`)},
    turn as (
      update turns t set pending_action = null, pending_created_at = null, memory = coalesce(p.memory, t.memory),
        holder = case when p.keep_turn then t.holder end,
        expires_at = case when p.keep_turn then t.expires_at else '-infinity' end
      from p where ${holderGuards.turn} and t.pending_action = p.id
      returning 1
    ), old as (
      select a.workspace_id, a.dialect, a.idempotency_key, date_trunc('month', a.created_at at time zone 'UTC')::date as month
      from actions a, p, turn where a.id = p.id and a.created_at = p.created_at and a.status = 'unsettled'
    ), ${counter('old.workspace_id, old.dialect, old.month, greatest(0, p.counts) from old, p where p.counts <> 0')},
    action as (
      update actions a set status = p.status, refusal = p.refusal, held_roles = p.held_roles, remarks = p.remarks,
        settled_at = brevet_now(), usage = (select used from counted), is_overage = (select is_overage from counted)
      from p, old where a.id = p.id and a.created_at = p.created_at and a.status = 'unsettled'
      returning a.usage, a.is_overage
    ), claim as (
      -- found through the action: whoever settles it is often not the request that made it
      update idempotency_keys k set
        completed_at = case when p.status = 'not-done' then null else brevet_now() end,
        owner_expires_at = case when p.status = 'not-done' then '-infinity' else k.owner_expires_at end
      from p, old where k.workspace_id = old.workspace_id and k.dialect = old.dialect and k.group_id = p.group_id
        and k.key = old.idempotency_key and k.action_id = p.id
    )
    select action.usage, action.is_overage,
      case when not exists (select from turn) then brevet_abort('turn')
        when not exists (select from action) then brevet_abort('settled') end
    from p left join action on true`,
};

/** An attempt that wrote nothing to Roblox: already there, or refused. Ends turn and claim as well. */
const close: Statement = {
  name: 'journal.close',
  text: `
    with ${given(`${holderGuards.columns}, ${newColumns}, ${outcomeColumns}, rank smallint`)},
    turn as (
      update turns t set holder = null, expires_at = '-infinity' from p where ${holderGuards.turn} returning 1
    ), ${counter(`p.action_workspace, p.action_dialect, ${thisMonth}, p.counts from p where p.counts > 0`)},
    action as (
      insert into actions (${insertColumns}, status, from_rank, to_rank, before_roles, after_roles, refusal, held_roles, remarks,
        settled_at, usage, is_overage)
      select ${insertValues}, p.status, p.rank, p.rank, p.held_roles, p.held_roles, p.refusal, p.held_roles, p.remarks,
        brevet_now(), (select used from counted), (select is_overage from counted) from p
      returning created_at, usage, is_overage
    ), kept as (
      update idempotency_keys k set completed_at = brevet_now(), action_id = p.id, action_created_at = brevet_now()
      from p where ${holderGuards.claim} and p.status = 'unchanged'
    ), forgotten as (
      delete from idempotency_keys k using p where ${holderGuards.claim} and p.status <> 'unchanged' and k.action_id is null
    )
    select created_at, usage, is_overage,
      case when p.status = 'unchanged' and not exists (select from turn) then brevet_abort('turn') end
    from action, p`,
};

const find: Statement = {
  name: 'journal.find',
  text: `
    with ${given('id uuid, created_at timestamptz')}
    select ${actionColumns.map((column) => `a.${column}`).join(', ')}, brevet_now() as now
    from actions a, p where a.id = p.id and a.created_at = p.created_at`,
};

export type Journal = {
  /** Writes the intent. Only after this may Roblox be touched. Throws GuardFailed (`turn`, `claim`, `quota`). */
  intend(held: Held, action: NewAction, change: IntentRoles, counting: Counting): Promise<ActionRef>;
  /** Makes a `not-done` or `unsettled` action the turn's intent again. Throws GuardFailed. */
  resume(held: Held, action: ActionRef): Promise<void>;
  /** The verdict, with usage, key and memory; gives the turn back unless `keepTurn`. Throws GuardFailed. */
  settle(
    held: Held,
    action: ActionRef,
    outcome: Outcome,
    counts: { by: 1 | 0 | -1; allowance: number | null },
    memory: Memory | null,
    keepTurn: boolean,
  ): Promise<Counted>;
  /** An attempt without an intent. `held` null: refused before the turn was taken. */
  close(
    held: Held,
    action: NewAction,
    outcome: Outcome & { rank: number | null },
    counting: Counting,
  ): Promise<Counted & ActionRef>;
  find(ref: ActionRef): Promise<{ action: Action; now: Date } | null>;
  /** Turns with an unsettled action whose holder is gone, oldest first. */
  abandoned(max: number): Promise<{ groupId: number; userId: number }[]>;
};

export function createJournal(database: Database): Journal {
  async function guarded<Row extends Record<string, unknown>>(
    statement: Statement,
    parameters: Record<string, unknown>,
  ): Promise<Row> {
    try {
      const [row] = await runPrepared<Row>(database, statement, parameters);
      if (row === undefined) throw new Error(`${statement.name} answered no row`);
      return row;
    } catch (error) {
      const guard = abortedGuard(error);
      throw guard === null ? error : new GuardFailed(guard);
    }
  }
  const outcomeParameters = (outcome: Outcome, counts: number, allowance: number | null) => ({
    status: outcome.status,
    refusal: outcome.refusal,
    held_roles: outcome.held,
    remarks: outcome.remarks.length === 0 ? null : outcome.remarks,
    counts,
    allowance,
  });
  type CountedRow = { usage: number | null; is_overage: boolean | null; created_at: Date };

  return {
    async intend(held, action, change, counting) {
      const row = await guarded<CountedRow>(intend, {
        ...heldParameters(held),
        ...newParameters(action),
        from_rank: change.fromRank,
        to_rank: change.toRank,
        before_roles: change.before,
        after_roles: change.after,
        hard_limit: counting.hardLimit,
      });
      return { id: action.id, createdAt: row.created_at };
    },
    async resume(held, action) {
      await guarded(resume, { ...heldParameters(held), id: action.id, created_at: action.createdAt });
    },
    async settle(held, action, outcome, counts, memory, keepTurn) {
      const row = await guarded<CountedRow>(settle, {
        ...heldParameters(held),
        id: action.id,
        created_at: action.createdAt,
        ...outcomeParameters(outcome, counts.by, counts.allowance),
        memory,
        keep_turn: keepTurn,
      });
      return { usage: row.usage, isOverage: row.is_overage };
    },
    async close(held, action, outcome, counting) {
      const counts = outcome.status === 'unchanged' && counting.hardLimit === null ? 1 : 0;
      const row = await guarded<CountedRow>(close, {
        ...heldParameters(held),
        ...newParameters(action),
        ...outcomeParameters(outcome, counts, counting.allowance),
        rank: outcome.rank,
      });
      return { id: action.id, createdAt: row.created_at, usage: row.usage, isOverage: row.is_overage };
    },
    async find(ref) {
      const rows = await runPrepared<ActionRow & { now: Date }>(database, find, {
        id: ref.id,
        created_at: ref.createdAt,
      });
      const [row] = rows;
      return row === undefined ? null : { action: actionFrom(row), now: row.now };
    },
    async abandoned(max) {
      const result = await database.pool.query<{ group_id: number; user_id: number }>(
        `select group_id, user_id from turns
         where pending_action is not null and expires_at < brevet_now() order by pending_created_at limit $1`,
        [max],
      );
      return result.rows.map((row) => ({ groupId: row.group_id, userId: row.user_id }));
    },
  };
}

/** UUIDv7: ids sort by time. `random` must hold 10 bytes. */
export function newActionId(nowMs: number, random: Uint8Array): ActionId {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as ActionId;
}
