/** The journal's statements: intent and verdict, each with all that hangs on it in one (design.md 3.5, 3.7). */
import { actionColumns } from './action-row.ts';
import { givenNow, type Statement } from './database.ts';
import { holderGuards, writeTimeoutSeconds } from './turns.ts';

const newColumns = `id uuid, action_workspace integer, kind text, action_dialect text, key_id integer, actor text,
  idempotency_key text, requested jsonb, credential_id integer, credential_kind text`;
const insertColumns = `id, created_at, workspace_id, group_id, user_id, kind, dialect, key_id, actor, idempotency_key, requested,
  credential_id, credential_kind`;
const insertValues = `p.id, p.now, p.action_workspace, p.group_id, p.user_id, p.kind, p.action_dialect, p.key_id, p.actor,
  p.idempotency_key, p.requested, p.credential_id, p.credential_kind`;
const thisMonth = "date_trunc('month', p.now at time zone 'UTC')::date";
const writeBy = `turn.expires_at - make_interval(secs => ${writeTimeoutSeconds})`;

/** What an intent binds beside the turn; a part that finds nothing to do costs half of one that does, so it is left out. */
type Binds = { readonly key: boolean; readonly quota: boolean };

const intendWith = ({ key, quota }: Binds): Statement => ({
  name: `journal.intend${key ? '-key' : ''}${quota ? '-quota' : ''}`,
  text: `
    with ${givenNow(`${holderGuards.columns}, ${newColumns}, from_rank smallint, to_rank smallint, before_roles bigint[], after_roles bigint[], hard_limit integer`)},
    turn as (
      update turns t set pending_action = p.id, pending_created_at = p.now from p
      where ${holderGuards.turn} and t.expires_at > p.now and t.pending_action is null
      returning t.expires_at
    ), ${
      key
        ? `claim as (
      update idempotency_keys k set action_id = p.id, action_created_at = p.now from p
      where ${holderGuards.claim} and k.action_id is null
      returning 1
    ), `
        : ''
    }${
      quota
        ? `quota as (
      insert into usage_counters as c (workspace_id, dialect, month, used)
      select p.action_workspace, p.action_dialect, ${thisMonth}, 1 from p where p.hard_limit > 0
      on conflict (workspace_id, dialect, month) do update set used = c.used + 1 where c.used < (select hard_limit from p)
      returning used
    ), `
        : ''
    }action as (
      insert into actions (${insertColumns}, status, from_rank, to_rank, before_roles, after_roles, write_by)
      select ${insertValues}, 'unsettled', p.from_rank, p.to_rank, p.before_roles, p.after_roles, ${writeBy} from p, turn
      returning created_at
    )
    select action.created_at,
      case when not exists (select from turn) then brevet_abort('turn')
        ${key ? "when not exists (select from claim) then brevet_abort('claim')" : ''}
        ${quota ? "when not exists (select from quota) then brevet_abort('quota')" : ''} end
    from p left join action on true`,
});

const intends = {
  plain: intendWith({ key: false, quota: false }),
  key: intendWith({ key: true, quota: false }),
  quota: intendWith({ key: false, quota: true }),
  both: intendWith({ key: true, quota: true }),
};

export function intendFor({ key, quota }: Binds): Statement {
  if (key) return quota ? intends.both : intends.key;
  return quota ? intends.quota : intends.plain;
}

/** Runs an intent that came to nothing once more: same action, same roles. */
export const resume: Statement = {
  name: 'journal.resume',
  text: `
    with ${givenNow(`${holderGuards.columns}, id uuid, created_at timestamptz`)},
    turn as (
      update turns t set pending_action = p.id, pending_created_at = p.created_at from p
      where ${holderGuards.turn} and t.expires_at > p.now and (t.pending_action is null or t.pending_action = p.id)
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

/** Says the action's time outright, not by way of `p`: the other months' partitions are left out before the statement begins. */
const itsPartition = "a.created_at = ($1::jsonb ->> 'created_at')::timestamptz";

// the turn names the action as its intent only while it is unsettled, so the counter is touched for no other; should it be
// settled all the same, the whole statement is aborted
const settleWith = (key: boolean): Statement => ({
  name: `journal.settle${key ? '-key' : ''}`,
  text: `
    with ${givenNow(`${holderGuards.columns}, id uuid, created_at timestamptz, action_workspace integer, action_dialect text, ${outcomeColumns}, memory jsonb, keep_turn boolean`)},
    turn as (
      update turns t set pending_action = null, pending_created_at = null, memory = coalesce(p.memory, t.memory),
        holder = case when p.keep_turn then t.holder end,
        expires_at = case when p.keep_turn then t.expires_at else '-infinity' end
      from p where ${holderGuards.turn} and t.pending_action = p.id
      returning 1
    ), ${counter(`p.action_workspace, p.action_dialect, date_trunc('month', p.created_at at time zone 'UTC')::date, greatest(0, p.counts) from p, turn where p.counts <> 0`)},
    action as (
      update actions a set status = p.status, refusal = p.refusal, held_roles = p.held_roles, remarks = p.remarks,
        settled_at = p.now, usage = (select used from counted), is_overage = (select is_overage from counted)
      from p, turn where a.id = p.id and ${itsPartition} and a.status = 'unsettled'
      returning a.usage, a.is_overage, a.idempotency_key
    )${
      key
        ? `, claim as (
      -- found through the action: whoever settles it is often not the request that made it
      update idempotency_keys k set
        completed_at = case when p.status = 'not-done' then null else p.now end,
        owner_expires_at = case when p.status = 'not-done' then '-infinity' else k.owner_expires_at end
      from p, action where k.workspace_id = p.action_workspace and k.dialect = p.action_dialect and k.group_id = p.group_id
        and k.key = action.idempotency_key and k.action_id = p.id
    )`
        : ''
    }
    select action.usage, action.is_overage,
      case when not exists (select from turn) then brevet_abort('turn')
        when not exists (select from action) then brevet_abort('settled')
        ${key ? '' : "when action.idempotency_key is not null then brevet_abort('key')"} end
    from p left join action on true`,
});

export const settle = settleWith(true);
export const settleWithoutKey = settleWith(false);

/** An attempt that wrote nothing to Roblox: already there, or refused. Ends turn and claim as well. */
export const close: Statement = {
  name: 'journal.close',
  text: `
    with ${givenNow(`${holderGuards.columns}, ${newColumns}, ${outcomeColumns}, rank smallint`)},
    turn as (
      update turns t set holder = null, expires_at = '-infinity' from p where ${holderGuards.turn} returning 1
    ), ${counter(`p.action_workspace, p.action_dialect, ${thisMonth}, p.counts from p where p.counts > 0`)},
    action as (
      insert into actions (${insertColumns}, status, from_rank, to_rank, before_roles, after_roles, refusal, held_roles, remarks,
        settled_at, usage, is_overage)
      select ${insertValues}, p.status, p.rank, p.rank, p.held_roles, p.held_roles, p.refusal, p.held_roles, p.remarks,
        p.now, (select used from counted), (select is_overage from counted) from p
      returning created_at, usage, is_overage
    ), kept as (
      update idempotency_keys k set completed_at = p.now, action_id = p.id, action_created_at = p.now
      from p where ${holderGuards.claim} and p.status = 'unchanged'
    ), forgotten as (
      delete from idempotency_keys k using p where ${holderGuards.claim} and p.status <> 'unchanged' and k.action_id is null
    )
    select created_at, usage, is_overage,
      case when p.status = 'unchanged' and not exists (select from turn) then brevet_abort('turn') end
    from action, p`,
};

export const find: Statement = {
  name: 'journal.find',
  text: `
    with ${givenNow('id uuid, created_at timestamptz')}
    select ${actionColumns.map((column) => `a.${column}`).join(', ')}, p.now
    from actions a, p where a.id = p.id and ${itsPartition}`,
};
