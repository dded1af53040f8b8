/** One workspace's settings, keys and credentials, for whoever looks at them or revokes a key. */
import type { WorkspaceId } from '../domain/ids.ts';
import type { CredentialState, WorkspaceKey } from '../domain/workspace.ts';
import type { Database } from './database.ts';
import type { SecretBox } from './secret-box.ts';
import { readCredentials, readKeys, readWorkspace, type WorkspaceState } from './workspace-state.ts';
import { reach } from './workspaces.ts';

export type WorkspaceSettingsStore = {
  /** Null when the workspace is gone. All of one moment. */
  read(): Promise<WorkspaceState | null>;
  keys(): Promise<readonly WorkspaceKey[]>;
  credentials(): Promise<readonly CredentialState[]>;
  /** False when there is no such key, or it was revoked before. */
  revokeKey(keyId: number): Promise<boolean>;
};

export function createWorkspaceSettingsStore(
  database: Database,
  box: SecretBox,
  id: WorkspaceId,
): WorkspaceSettingsStore {
  const { kysely } = database;
  return {
    read: () =>
      reach(() =>
        kysely
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute((tx) => readWorkspace(tx, box, { id })),
      ),
    keys: async () => (await reach(() => readKeys(kysely, id))).map(({ secretHash: _, ...key }) => key),
    credentials: async () =>
      (await reach(() => readCredentials(kysely, box, id))).map(({ appliedHash: _, ...credential }) => credential),
    async revokeKey(keyId) {
      const result = await reach(() =>
        database.pool.query(
          'update api_keys set revoked_at = brevet_now(), secret = null where workspace_id = $1 and id = $2 and revoked_at is null',
          [id, keyId],
        ),
      );
      return result.rowCount === 1;
    },
  };
}
