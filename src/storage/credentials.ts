/** Credentials by their row, whatever workspace they belong to: what the Roblox gateway learns about them. */
import type { Database } from './database.ts';
import type { SecretBox } from './secret-box.ts';

export type CredentialStore = {
  /** Roblox replaced a cookie; the owner's document is not consulted again for it. */
  saveRotatedCookie(id: number, cookie: string): Promise<void>;
  reportHealth(id: number, health: 'unknown' | 'ok' | 'broken', reason: string): Promise<void>;
};

export function createCredentialStore(database: Database, box: SecretBox): CredentialStore {
  return {
    async saveRotatedCookie(id, cookie) {
      await database.pool.query("update credentials set secret = $2 where id = $1 and kind = 'cookie'", [
        id,
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
