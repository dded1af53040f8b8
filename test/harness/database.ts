/** A database of its own for a test file: a copy of the migrated template, there in a fraction of a second. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { withDatabaseName } from './connection-string.ts';

export type FreshDatabase = { readonly connectionString: string; drop(): Promise<void> };

const objectInUse = '55006';
const copyAttemptsMax = 50;
const copyRetryMs = 100;

/** PostgreSQL copies a template only while nobody is in it, and another test file may be copying it in this moment. */
async function copy(admin: pg.Client, template: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.query(`create database "${name}" template "${template}"`);
      return;
    } catch (error) {
      const isBusy = error instanceof pg.DatabaseError && error.code === objectInUse;
      if (!isBusy || attempt >= copyAttemptsMax) throw error;
      await wait(copyRetryMs);
    }
  }
}

async function asAdmin(use: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('adminConnectionString') });
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.end();
  }
}

export async function freshDatabase(): Promise<FreshDatabase> {
  const template = inject('templateDatabase');
  // begins like the template: what a test does not drop goes with it at the end of the run
  const name = `${template}_${randomBytes(5).toString('hex')}`;
  await asAdmin((admin) => copy(admin, template, name));
  return {
    connectionString: withDatabaseName(inject('adminConnectionString'), name),
    drop: () => asAdmin((admin) => admin.query(`drop database if exists "${name}" with (force)`)),
  };
}
