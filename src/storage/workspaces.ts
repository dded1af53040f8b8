/** Workspaces by their slug: listed, found, and edited as a whole in one transaction. */
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { GroupId, WorkspaceId } from '../domain/ids.ts';
import { type Plan, Refused } from '../domain/refusals.ts';
import type { WorkspaceSettings, WorkspaceSummary } from '../domain/workspace.ts';
import { type Database, isUnreachable } from './database.ts';
import { hashOf, type SecretBox } from './secret-box.ts';
import type { Tables } from './tables.ts';
import { insertWorkspace, type WorkspaceChanges, type Written, writeChanges } from './workspace-changes.ts';
import { readWorkspace, type WorkspaceState } from './workspace-state.ts';

/** A workspace under its lock: nobody else edits it until the work is over, and a thrown error undoes all of it. */
export type WorkspaceEdit = {
  /** As it is; null when there is none of this slug. */
  readonly state: WorkspaceState | null;
  /** The database's time. */
  readonly now: Date;
  /** Which of these keys exist anywhere, whoever they belong to. */
  keysInUse(secrets: readonly string[]): Promise<ReadonlySet<string>>;
  create(settings: WorkspaceSettings): Promise<WorkspaceId>;
  write(id: WorkspaceId, changes: WorkspaceChanges): Promise<Written>;
};

export type WorkspaceStore = {
  list(): Promise<WorkspaceSummary[]>;
  find(slug: string): Promise<WorkspaceId | null>;
  /** Runs `work` in one transaction; it may run again when another edit came in between. */
  edit<T>(slug: string, work: (edit: WorkspaceEdit) => Promise<T>): Promise<T>;
};

const attemptsMax = 3;
// unique violation (a key or slug taken meanwhile), serialization failure, deadlock: the next attempt sees why
const mayTryAgain = (error: unknown) =>
  error instanceof pg.DatabaseError && ['23505', '40001', '40P01'].includes(error.code ?? '');

export function createWorkspaceStore(database: Database, box: SecretBox): WorkspaceStore {
  const { kysely } = database;

  async function editOnce<T>(tx: Kysely<Tables>, slug: string, work: (edit: WorkspaceEdit) => Promise<T>): Promise<T> {
    // a lock on the slug, not on the row: a workspace that is being made has none yet
    const lock = await sql<{ now: Date }>`
      select brevet_now() as now, pg_advisory_xact_lock(hashtextextended('brevet workspace ' || ${slug}, 0))`.execute(
      tx,
    );
    const now = lock.rows[0]?.now;
    if (now === undefined) throw new Error('the lock answered no row');
    return work({
      state: await readWorkspace(tx, box, { slug }),
      now,
      async keysInUse(secrets) {
        const byHash = new Map(secrets.map((secret) => [hashOf(secret).toString('hex'), secret]));
        const hashes = JSON.stringify([...byHash.keys()]);
        const { rows } = await sql<{ hash: string }>`
          select encode(secret_hash, 'hex') as hash from api_keys
          where secret_hash in (select decode(value, 'hex') from jsonb_array_elements_text(${hashes}::jsonb))`.execute(
          tx,
        );
        return new Set(rows.flatMap((row) => byHash.get(row.hash) ?? []));
      },
      create: (settings) => insertWorkspace(tx, settings),
      write: (id, changes) => writeChanges(tx, box, id, changes),
    });
  }

  return {
    async list() {
      const rows = await reach(() =>
        kysely
          .selectFrom('workspaces as w')
          .leftJoin('workspace_groups as g', (join) =>
            join.onRef('g.workspace_id', '=', 'w.id').on('g.is_main', '=', true),
          )
          .select(['w.id', 'w.slug', 'w.name', 'w.plan', 'g.group_id'])
          .orderBy('w.slug')
          .execute(),
      );
      return rows.map((row) => ({
        id: row.id as WorkspaceId,
        slug: row.slug,
        name: row.name,
        plan: row.plan as Plan,
        mainGroupId: row.group_id as GroupId | null,
      }));
    },
    async find(slug) {
      const row = await reach(() =>
        kysely.selectFrom('workspaces').select('id').where('slug', '=', slug).executeTakeFirst(),
      );
      return row === undefined ? null : (row.id as WorkspaceId);
    },
    async edit(slug, work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await reach(() => kysely.transaction().execute((tx) => editOnce(tx, slug, work)));
        } catch (error) {
          if (attempt >= attemptsMax || !mayTryAgain(error)) throw error;
        }
      }
    },
  };
}

/** A database that does not answer is a refusal, not a bug. */
export async function reach<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw isUnreachable(error) ? new Refused({ code: 'storage.unavailable' }) : error;
  }
}
