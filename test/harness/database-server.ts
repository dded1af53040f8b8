/**
 * The PostgreSQL under the database tests, once a run: an embedded cluster in a temporary folder, or, with
 * BREVET_TEST_DATABASE_URL (`npm run test:server`), a server that is there already. Either way a migrated template is
 * made, of which `freshDatabase` hands out copies, and everything is removed at the end.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/database/embedded.ts';
import { removeCluster } from '../../src/database/placement.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { withDatabaseName } from './connection-string.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Somebody who may create databases. */
    adminConnectionString: string;
    templateDatabase: string;
  }
}

type Server = { readonly adminConnectionString: string; remove(): Promise<void> };

async function embeddedServer(): Promise<Server> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-test-database-'));
  await chmod(folder, 0o711); // as root, PostgreSQL's account must pass through
  const removeFolder = async () => {
    await removeCluster(folder);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // nothing here outlives the run, so nothing is synced to disk
    const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '120' };
    const server = await startEmbedded({ dataDir: folder, settings });
    return {
      adminConnectionString: server.connectionString,
      remove: async () => {
        await server.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function asAdmin(connectionString: string, use: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString });
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.end();
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['BREVET_TEST_DATABASE_URL'];
  const server: Server =
    given === undefined || given === ''
      ? await embeddedServer()
      : { adminConnectionString: given, remove: async () => {} };
  const { adminConnectionString } = server;
  const template = `brevet_test_${randomBytes(5).toString('hex')}`;
  const teardown = async () => {
    await asAdmin(adminConnectionString, async (admin) => {
      const { rows } = await admin.query<{ datname: string }>(
        'select datname from pg_database where starts_with(datname, $1)',
        [template],
      );
      for (const { datname } of rows) await admin.query(`drop database if exists "${datname}" with (force)`);
    });
    await server.remove();
  };
  try {
    await asAdmin(adminConnectionString, (admin) => admin.query(`create database "${template}" template template0`));
    await migrate(withDatabaseName(adminConnectionString, template));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('adminConnectionString', adminConnectionString);
  project.provide('templateDatabase', template);
  return teardown;
}
