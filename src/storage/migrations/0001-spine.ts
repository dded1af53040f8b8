/** The first schema: workspaces and what they set, keys, turns, the journal, counters. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table installation (
      is_only boolean primary key default true check (is_only),
      -- which ENCRYPTION_KEY the secrets in this database were written with
      key_fingerprint text,
      -- tests move the database's clock by this much; zero in every real installation
      clock_shift interval not null default '0'
    );
    insert into installation default values;

    -- The one clock of turns, leases, months and expiries: the same for all processes. To the millisecond, as JavaScript's
    -- dates are: what is read can be compared again.
    create function brevet_now() returns timestamptz language sql stable
      as $$ select date_trunc('milliseconds', statement_timestamp() + clock_shift) from installation $$;

    -- Ends a statement that found one of its guards not met, so that none of its parts takes effect.
    create function brevet_abort(guard text) returns boolean language plpgsql volatile as $$
      begin
        raise exception using errcode = 'BR001', message = guard;
      end $$;

    create table workspaces (
      id integer generated always as identity primary key,
      slug text not null unique,
      name text not null,
      plan text not null,
      is_open boolean not null default false,
      timezone text not null default 'UTC',
      max_rank smallint,
      limits jsonb not null default '{}',
      -- parts of the workspace document whose feature this version does not have yet
      kept_parts jsonb not null default '{}',
      created_at timestamptz not null default brevet_now()
    );

    create table workspace_groups (
      workspace_id integer not null references workspaces on delete cascade,
      group_id bigint not null,
      is_main boolean not null default false,
      company text,
      -- role ids; null until the owner has confirmed the ladder
      ladder bigint[],
      primary key (workspace_id, group_id)
    );
    create unique index workspace_groups_one_main on workspace_groups (workspace_id) where is_main;

    create table credentials (
      id integer generated always as identity primary key,
      workspace_id integer not null references workspaces on delete cascade,
      kind text not null check (kind in ('openCloud', 'cookie')),
      -- 0 is the document's "credential", 1… are its "extraCredentials"
      position smallint not null,
      secret bytea not null,
      -- of the value last applied, so that a cookie rotated by Roblox is not set back by the same document
      applied_hash bytea not null,
      -- encrypted: its address may hold a password
      proxy bytea,
      version integer not null default 1,
      health text not null default 'unknown' check (health in ('unknown', 'ok', 'broken')),
      health_reason text not null default '',
      health_at timestamptz,
      unique (workspace_id, position)
    );

    create table api_keys (
      id integer generated always as identity primary key,
      workspace_id integer not null references workspaces on delete cascade,
      dialect text not null,
      label text not null default '',
      secret_hash bytea not null unique,
      -- only for dialects that show a key again
      secret bytea,
      last_four text not null,
      group_id bigint,
      max_rank smallint,
      actions text[],
      expires_at timestamptz,
      revoked_at timestamptz,
      created_at timestamptz not null default brevet_now()
    );
    create index api_keys_of_workspace on api_keys (workspace_id, id);

    create table rank_rules (
      id integer generated always as identity primary key,
      workspace_id integer not null references workspaces on delete cascade,
      group_id bigint not null,
      kind text not null check (kind in ('promote', 'demote')),
      from_rank smallint not null,
      to_rank smallint not null,
      is_enabled boolean not null default true,
      position integer not null default 0,
      unique (workspace_id, group_id, kind, from_rank, to_rank)
    );

    create table blacklist (
      workspace_id integer not null references workspaces on delete cascade,
      group_id bigint not null,
      user_id bigint not null,
      reason text not null default '',
      expires_at timestamptz,
      primary key (workspace_id, group_id, user_id)
    );

    create table members (
      workspace_id integer not null references workspaces on delete cascade,
      user_id bigint not null,
      username text not null default '',
      staff_role text,
      primary key (workspace_id, user_id)
    );

    -- One change of one member at a time, over all processes and all workspaces (design.md 3.3). The row stays when the
    -- turn is over: it remembers what was settled last and which action is still unsettled.
    create table turns (
      group_id bigint not null,
      user_id bigint not null,
      holder text,
      fence bigint not null,
      expires_at timestamptz not null,
      pending_action uuid,
      pending_created_at timestamptz,
      memory jsonb,
      primary key (group_id, user_id)
    ) with (fillfactor = 70);
    create index turns_pending on turns (pending_created_at) where pending_action is not null;

    -- The journal, which is also the log.
    create table actions (
      id uuid not null,
      created_at timestamptz not null,
      workspace_id integer not null,
      group_id bigint not null,
      user_id bigint not null,
      kind text not null,
      dialect text not null,
      key_id integer,
      actor text,
      -- the Idempotency-Key that owns this action
      idempotency_key text,
      status text not null,
      requested jsonb not null,
      from_rank smallint,
      to_rank smallint,
      before_roles bigint[],
      after_roles bigint[],
      -- outcome: what is known to be held, the refusal, remarks for the reader
      held_roles bigint[],
      refusal jsonb,
      remarks text[],
      credential_id integer,
      credential_kind text,
      -- the latest moment at which a write of this action can have been sent
      write_by timestamptz,
      settled_at timestamptz,
      usage integer,
      is_overage boolean,
      primary key (id, created_at)
    ) partition by range (created_at);
    create table actions_default partition of actions default;
    create index actions_log on actions (workspace_id, created_at desc, id desc);
    create index actions_of_member on actions (workspace_id, user_id, created_at desc);

    create table usage_counters (
      workspace_id integer not null references workspaces on delete cascade,
      dialect text not null,
      month date not null,
      used integer not null,
      primary key (workspace_id, dialect, month)
    ) with (fillfactor = 70);

    create table idempotency_keys (
      workspace_id integer not null references workspaces on delete cascade,
      dialect text not null,
      group_id bigint not null,
      key text not null,
      fingerprint bytea not null,
      owner text not null,
      owner_expires_at timestamptz not null,
      action_id uuid,
      action_created_at timestamptz,
      completed_at timestamptz,
      created_at timestamptz not null,
      primary key (workspace_id, dialect, group_id, key)
    ) with (fillfactor = 70);
    create index idempotency_keys_completed on idempotency_keys (completed_at);

    -- Requests of a key in one UTC minute, taken by the processes in blocks; worth nothing after a crash.
    create unlogged table request_windows (
      key_id integer not null,
      minute timestamptz not null,
      used integer not null,
      -- what the last taker got; two takers at once must not read each other's
      granted integer not null,
      primary key (key_id, minute)
    ) with (fillfactor = 70);

    -- When the next slot of a bucket of Roblox's limit is free.
    create table slots (
      bucket text primary key,
      next_at timestamptz not null
    ) with (fillfactor = 70);
  `.execute(db);
}
