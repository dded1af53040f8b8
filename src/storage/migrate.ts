/** Brings a database to this program's schema, under Kysely's lock, so that several processes may start at once. */
import { Kysely, type Migration, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import * as spine from './migrations/0001-spine.ts';

/** In order; a name once released never changes. */
const migrations: Record<string, Migration> = {
  '0001-spine': spine,
};

/** The database was written by a newer Brevet than this one; it is left as it is. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew';

  constructor(unknown: readonly string[]) {
    super(
      `The database has the migration ${unknown.join(', ')}, which this version of Brevet does not know: it was used with a newer version. Start that version again, or restore a backup made before the update. Nothing was changed.`,
    );
  }
}

export type MigrationReport = { readonly applied: readonly string[]; readonly pending: readonly string[] };

function migratorOf(db: Kysely<unknown>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}

/** Names of applied migrations that this program does not know. */
async function unknownMigrations(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await (db as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name).filter((name) => !(name in migrations));
}

async function withDatabase<T>(connectionString: string, use: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on('error', () => {}); // the next query tells; an unhandled event would end the process
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

/** Applies what is missing. Throws SchemaTooNew, or the first failing migration's error (that migration is rolled back). */
export async function migrate(connectionString: string): Promise<MigrationReport> {
  return withDatabase(connectionString, async (db) => {
    const unknown = await unknownMigrations(db);
    if (unknown.length > 0) throw new SchemaTooNew(unknown);
    const { error, results } = await migratorOf(db).migrateToLatest();
    if (error !== undefined) throw error;
    return { applied: (results ?? []).map((result) => result.migrationName), pending: [] };
  });
}

/** What `migrate` would do, without doing it. */
export async function pendingMigrations(connectionString: string): Promise<MigrationReport> {
  return withDatabase(connectionString, async (db) => {
    const unknown = await unknownMigrations(db);
    if (unknown.length > 0) throw new SchemaTooNew(unknown);
    const all = await migratorOf(db).getMigrations();
    return {
      applied: all.filter((migration) => migration.executedAt !== undefined).map((migration) => migration.name),
      pending: all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name),
    };
  });
}
