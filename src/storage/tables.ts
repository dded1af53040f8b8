/** The tables as Kysely sees them; `migrations/` is what makes them so. */
import type { ColumnType, Generated } from 'kysely';

type Json<T> = ColumnType<T, string, string>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** The database fills it in. */
type GivenTime = ColumnType<Date, Date | string | undefined, Date | string>;

export type Tables = {
  installation: {
    is_only: Generated<boolean>;
    key_fingerprint: string | null;
    clock_shift: ColumnType<unknown, string, string>;
  };
  workspaces: {
    id: Generated<number>;
    slug: string;
    name: string;
    plan: string;
    is_open: Generated<boolean>;
    timezone: Generated<string>;
    max_rank: number | null;
    limits: Json<Record<string, number>>;
    kept_parts: Json<Record<string, unknown>>;
    created_at: GivenTime;
  };
  workspace_groups: {
    workspace_id: number;
    group_id: number;
    is_main: Generated<boolean>;
    company: string | null;
    ladder: number[] | null;
  };
  credentials: {
    id: Generated<number>;
    workspace_id: number;
    kind: 'openCloud' | 'cookie';
    position: number;
    secret: Buffer;
    applied_hash: Buffer;
    proxy: Buffer | null;
    version: Generated<number>;
    health: Generated<'unknown' | 'ok' | 'broken'>;
    health_reason: Generated<string>;
    health_at: Timestamp | null;
  };
  api_keys: {
    id: Generated<number>;
    workspace_id: number;
    dialect: string;
    label: Generated<string>;
    secret_hash: Buffer;
    secret: Buffer | null;
    last_four: string;
    group_id: number | null;
    max_rank: number | null;
    actions: string[] | null;
    expires_at: Timestamp | null;
    revoked_at: Timestamp | null;
    created_at: GivenTime;
  };
  rank_rules: {
    id: Generated<number>;
    workspace_id: number;
    group_id: number;
    kind: 'promote' | 'demote';
    from_rank: number;
    to_rank: number;
    is_enabled: Generated<boolean>;
    position: Generated<number>;
  };
  blacklist: {
    workspace_id: number;
    group_id: number;
    user_id: number;
    reason: Generated<string>;
    expires_at: Timestamp | null;
  };
  members: { workspace_id: number; user_id: number; username: Generated<string>; staff_role: string | null };
  actions: ActionsTable;
  usage_counters: { workspace_id: number; dialect: string; month: Timestamp; used: number };
  idempotency_keys: { completed_at: Timestamp | null; created_at: Timestamp };
};

/** A row of the journal; the statements that write it stand in `journal.ts`. */
export type ActionsTable = {
  id: string;
  created_at: Timestamp;
  workspace_id: number;
  group_id: number;
  user_id: number;
  kind: string;
  dialect: string;
  key_id: number | null;
  actor: string | null;
  idempotency_key: string | null;
  status: string;
  requested: Json<unknown>;
  from_rank: number | null;
  to_rank: number | null;
  before_roles: number[] | null;
  after_roles: number[] | null;
  held_roles: number[] | null;
  refusal: Json<unknown> | null;
  remarks: string[] | null;
  credential_id: number | null;
  credential_kind: string | null;
  write_by: Timestamp | null;
  settled_at: Timestamp | null;
  usage: number | null;
  is_overage: boolean | null;
};
