/** The database's schema, looked at or brought up to date without starting a server (`brevet migrate`, `brevet doctor`). */
import type { Config } from './config.ts';
import { startEmbedded } from './database/embedded.ts';
import { type MigrationReport, migrate, pendingMigrations } from './storage/migrate.ts';

async function withDatabase<T>(
  config: Config,
  progress: (line: string) => void,
  use: (connectionString: string) => Promise<T>,
): Promise<T> {
  if (config.database !== null) return use(config.database.directUrl);
  const embedded = await startEmbedded({ dataDir: config.dataDir, log: progress });
  try {
    return await use(embedded.connectionString);
  } finally {
    await embedded.stop();
  }
}

export function migrateSchema(config: Config, progress: (line: string) => void): Promise<MigrationReport> {
  return withDatabase(config, progress, migrate);
}

export function readSchema(config: Config, progress: (line: string) => void): Promise<MigrationReport> {
  return withDatabase(config, progress, pendingMigrations);
}
