import pg from 'pg';
import { expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from './harness/database.ts';

async function query(database: FreshDatabase, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('fresh databases are migrated, and nobody sees what another one holds', async () => {
  const databases = await Promise.all([freshDatabase(), freshDatabase(), freshDatabase()]);
  const [first, second] = databases;
  expect(await query(first, 'select name from kysely_migration')).not.toHaveLength(0);
  await query(first, 'create table mine (id int)');
  expect(await query(second, "select to_regclass('mine') as found")).toEqual([{ found: null }]);
  await Promise.all(databases.map((database) => database.drop()));
  await expect(query(first, 'select 1')).rejects.toThrow('does not exist');
});
