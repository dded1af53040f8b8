/** The two doors to the database: one tenant's rows, and what spans tenants (keys by hash, turns, slots, the installation). */
import type { WorkspaceId } from '../domain/ids.ts';
import { type CredentialStore, createCredentialStore } from './credentials.ts';
import type { Database } from './database.ts';
import { type DatabaseFacts, readDatabaseFacts } from './database-facts.ts';
import { createInstallationStore, type InstallationStore } from './installation.ts';
import { createJournal, type Journal } from './journal.ts';
import { createKeyStore, type KeyStore } from './keys.ts';
import { createRankingStore, createSettingsReader, type RankingStore } from './ranking.ts';
import type { SecretBox } from './secret-box.ts';
import { createSlotStore, type SlotStore } from './slots.ts';
import { createTurnStore, type TurnStore } from './turns.ts';
import { createWorkspaceSettingsStore, type WorkspaceSettingsStore } from './workspace-settings.ts';
import { createWorkspaceStore, type WorkspaceStore } from './workspaces.ts';

export type Tenant = {
  readonly ranking: RankingStore;
  readonly settings: WorkspaceSettingsStore;
};

export type Storage = {
  readonly shared: {
    readonly keys: KeyStore;
    readonly turns: TurnStore;
    readonly journal: Journal;
    readonly credentials: CredentialStore;
    readonly slots: SlotStore;
    readonly installation: InstallationStore;
    readonly workspaces: WorkspaceStore;
    databaseFacts(): Promise<DatabaseFacts>;
  };
  /** The only road to a workspace's rows. */
  tenant(id: WorkspaceId): Tenant;
};

export function createStorage(database: Database, box: SecretBox): Storage {
  const readSettings = createSettingsReader(database, box);
  return {
    shared: {
      keys: createKeyStore(database),
      turns: createTurnStore(database),
      journal: createJournal(database),
      credentials: createCredentialStore(database, box),
      slots: createSlotStore(database),
      installation: createInstallationStore(database),
      workspaces: createWorkspaceStore(database, box),
      databaseFacts: () => readDatabaseFacts(database),
    },
    tenant: (id) => ({
      ranking: createRankingStore(readSettings, id),
      settings: createWorkspaceSettingsStore(database, box, id),
    }),
  };
}
