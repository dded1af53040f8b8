/** Credentials by their row, whatever workspace they belong to: what the Roblox gateway learns about them. */
import type { Database } from './database.ts';
import type { SecretBox } from './secret-box.ts';

export type CredentialStore = {
  /** Roblox replaced the cookie `replaced`. One that the owner has set meanwhile is newer and stays. */
  saveRotatedCookie(id: number, replaced: string, cookie: string): Promise<void>;
  reportHealth(id: number, health: 'unknown' | 'ok' | 'broken', reason: string): Promise<void>;
};

export function createCredentialStore(database: Database, box: SecretBox): CredentialStore {
  return {
    async saveRotatedCookie(id, replaced, cookie) {
      const found = await database.pool.query<{ secret: Buffer }>(
        "select secret from credentials where id = $1 and kind = 'cookie'",
        [id],
      );
      const sealed = found.rows[0]?.secret;
      if (sealed === undefined || box.open(sealed) !== replaced) return;
      await database.pool.query('update credentials set secret = $3 where id = $1 and secret = $2', [
        id,
        sealed,
        box.seal(cookie),
      ]);
    },
    async reportHealth(id, health, reason) {
      await database.pool.query(
        'update credentials set health = $2, health_reason = $3, health_at = brevet_now() where id = $1',
        [id, health, reason],
      );
    },
  };
}
