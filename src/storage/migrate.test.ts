import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/harness/database.ts';
import { migrate, pendingMigrations, SchemaTooNew } from './migrate.ts';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query(sql);
  await client.end();
}

test('a second run changes nothing', async () => {
  expect(await migrate(database.connectionString)).toMatchObject({ applied: [] });
  expect(await pendingMigrations(database.connectionString)).toMatchObject({ pending: [] });
});

test('several processes may migrate an empty database at once', async () => {
  await query('drop schema public cascade; create schema public');
  const reports = await Promise.all([1, 2, 3, 4].map(() => migrate(database.connectionString)));
  expect(reports.flatMap((report) => report.applied)).toEqual(['0001-spine']);
});

test('a schema that is newer than the program is left alone, with what to do', async () => {
  await query("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030')");
  await expect(migrate(database.connectionString)).rejects.toThrow(SchemaTooNew);
  await expect(migrate(database.connectionString)).rejects.toThrow(/9999-from-the-future.*newer version/);
});
