/** The two doors to the database: one tenant's rows, and what spans tenants (keys by hash, turns, slots, the installation). */
import type { WorkspaceId } from '../domain/ids.ts';
import type { Database } from './database.ts';
import { createInstallationStore, type InstallationStore } from './installation.ts';
import { createJournal, type Journal } from './journal.ts';
import { createKeyStore, type KeyStore } from './keys.ts';
import { createRankingStore, type RankingStore } from './ranking.ts';
import type { SecretBox } from './secret-box.ts';
import { createSlotStore, type SlotStore } from './slots.ts';
import { createTurnStore, type TurnStore } from './turns.ts';

export type Tenant = {
  readonly ranking: RankingStore;
};

export type Storage = {
  readonly shared: {
    readonly keys: KeyStore;
    readonly turns: TurnStore;
    readonly journal: Journal;
    readonly slots: SlotStore;
    readonly installation: InstallationStore;
  };
  /** The only road to a workspace's rows. */
  tenant(id: WorkspaceId): Tenant;
};

export function createStorage(database: Database, box: SecretBox): Storage {
  return {
    shared: {
      keys: createKeyStore(database),
      turns: createTurnStore(database),
      journal: createJournal(database),
      slots: createSlotStore(database),
      installation: createInstallationStore(database),
    },
    tenant: (id) => ({ ranking: createRankingStore(database, box, id) }),
  };
}
