import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/harness/database.ts';
import { groupId, type WorkspaceId } from '../domain/ids.ts';
import { type Database, openDatabase } from './database.ts';
import { WrongEncryptionKey } from './installation.ts';
import { createSecretBox } from './secret-box.ts';
import { createStorage } from './storage.ts';

const [old, next] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as [Buffer, Buffer];
let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.connectionString, 2, () => {});
});
afterEach(async () => {
  await database.close();
  await fresh.drop();
});

/** As a start with these keys does. */
async function start(keys: Buffer[]) {
  const storage = createStorage(database, createSecretBox(keys));
  await storage.shared.installation.checkEncryptionKey(keys.map((key) => createSecretBox([key])));
  return storage;
}

test('after a start with the new key first, the old key may be thrown away', async () => {
  await start([old]);
  const box = createSecretBox([old]);
  await database.pool.query("insert into workspaces (slug, name, plan) values ('one', 'One', 'max')");
  await database.pool.query(
    "insert into credentials (workspace_id, kind, position, secret, applied_hash, proxy) values (1, 'cookie', 0, $1, $2, $3)",
    [box.seal('the cookie'), Buffer.from('hash'), box.seal('http://proxy')],
  );
  await expect(start([next])).rejects.toThrow(WrongEncryptionKey);
  await start([next, old]);
  const storage = await start([next]);
  const { credentials } = await storage.tenant(1 as WorkspaceId).ranking.settings(groupId(7001), null, null);
  expect(credentials).toMatchObject([{ secret: 'the cookie', proxy: 'http://proxy' }]);
  await expect(start([old])).rejects.toThrow(WrongEncryptionKey);
});
