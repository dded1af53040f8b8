/** API keys: found by the hash of their secret, whatever workspace they belong to. */
import type { Caller, KeyDialect } from '../domain/caller.ts';
import type { GroupId, Rank, WorkspaceId } from '../domain/ids.ts';
import type { KeyAction, Plan } from '../domain/refusals.ts';
import { type Database, given, runPrepared, runValues, type Statement } from './database.ts';
import { gathering } from './gathering.ts';
import { hashOf } from './secret-box.ts';

/** A key that opens its dialect, with its workspace's plan. */
export type OpenKey = { readonly caller: Caller & { readonly keyId: number }; readonly plan: Plan };

const find: Statement = {
  name: 'keys.find',
  text: `
    select k.secret_hash, k.dialect, k.id, k.workspace_id, k.group_id, k.max_rank, k.actions, w.plan
    from api_keys k join workspaces w on w.id = k.workspace_id
    where k.secret_hash = any($1::bytea[]) and k.revoked_at is null and (k.expires_at is null or k.expires_at > brevet_now())`,
};

const takeRequests: Statement = {
  name: 'keys.take-requests',
  text: `
    with ${given('key_id integer, block integer, at_most integer')},
    taken as (
      insert into request_windows as w (key_id, minute, used, granted)
      select p.key_id, date_trunc('minute', brevet_now()), least(p.block, p.at_most), least(p.block, p.at_most) from p
      on conflict (key_id, minute) do update set
        used = least(w.used + (select block from p), (select at_most from p)),
        granted = least((select block from p), (select at_most from p) - w.used)
      where w.used < (select at_most from p)
      returning granted
    )
    select taken.granted,
      ceil(60 - extract(second from brevet_now()))::integer as seconds_left
    from p left join taken on true`,
};

export type KeyStore = {
  /** Takes up to `block` requests of this UTC minute; `granted` 0 means the minute is used up. */
  takeRequests(keyId: number, block: number, perMinute: number): Promise<{ granted: number; secondsLeft: number }>;
  /** Null for an unknown, revoked or expired key, and for one of another dialect: all are the same to a stranger. */
  find(dialect: KeyDialect, secret: string): Promise<OpenKey | null>;
};

export function createKeyStore(database: Database): KeyStore {
  type Row = {
    secret_hash: Buffer;
    dialect: string;
    id: number;
    workspace_id: WorkspaceId;
    group_id: GroupId | null;
    max_rank: Rank | null;
    actions: KeyAction[] | null;
    plan: Plan;
  };
  // looked up by SHA-256: the comparison never sees the secret, so its timing says nothing about it
  const rowOf = gathering(async (questions: readonly { hash: Buffer; dialect: KeyDialect }[]) => {
    const rows = await runValues<Row>(database, find, [questions.map((question) => question.hash)]);
    return questions.map(({ hash, dialect }) =>
      rows.find((row) => row.dialect === dialect && row.secret_hash.equals(hash)),
    );
  });

  return {
    async takeRequests(keyId, block, perMinute) {
      type Window = { granted: number | null; seconds_left: number };
      const [row] = await runPrepared<Window>(database, takeRequests, { key_id: keyId, block, at_most: perMinute });
      if (row === undefined) throw new Error('keys.take-requests answered no row');
      return { granted: row.granted ?? 0, secondsLeft: row.seconds_left };
    },
    async find(dialect, secret) {
      const row = await rowOf({ dialect, hash: hashOf(secret) });
      if (row === undefined) return null;
      return {
        plan: row.plan,
        caller: {
          workspaceId: row.workspace_id,
          dialect,
          keyId: row.id,
          actor: null,
          groupId: row.group_id,
          maxRank: row.max_rank,
          actions: row.actions === null ? null : new Set(row.actions),
        },
      };
    },
  };
}
