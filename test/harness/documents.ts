/** Workspace documents over a database of their own, without an app: applied, read back, looked at in the tables. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Problem } from '../../src/domain/problem.ts';
import { Refused } from '../../src/domain/refusals.ts';
import type { ApplyReport } from '../../src/operations/apply-document/report.ts';
import { applyDocument } from '../../src/operations/apply-document.ts';
import { readDocument } from '../../src/operations/read-document.ts';
import { parseDocument, type WorkspaceDocument } from '../../src/operations/workspace-document.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { createSecretBox, type SecretBox } from '../../src/storage/secret-box.ts';
import { createStorage, type Storage } from '../../src/storage/storage.ts';
import { freshDatabase } from './database.ts';

export const exampleSecrets = {
  ACME_OPEN_CLOUD_KEY: 'open-cloud-key-of-acme',
  ACME_LOBBY_KEY: 'wesk_lobby-key-of-acme',
  ACME_DISCORD_KEY: 'vis_discord-key-of-acme',
  cookie: '_|WARNING:-DO-NOT-SHARE-THIS.--|_cookie of acme',
};

/** The documented example under a slug of its own, with secrets of its own, so that no test meets another one's keys. */
export function exampleDocument(slug: string): WorkspaceDocument {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/workspace.example.json'), 'utf8');
  const filled = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('env' in value) return `${exampleSecrets[value.env as keyof typeof exampleSecrets]} ${slug}`;
    return 'file' in value ? `${exampleSecrets.cookie} ${slug}` : value;
  });
  filled.workspace.slug = slug;
  return parseDocument(filled);
}

export type Documents = {
  readonly storage: Storage;
  readonly box: SecretBox;
  apply(document: unknown, dryRun?: boolean): Promise<ApplyReport>;
  read(slug: string): Promise<WorkspaceDocument>;
  rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
};

/** Registers its set-up with the test file; usable inside tests only. */
export function useDocuments(): Documents {
  const box = createSecretBox([Buffer.alloc(32, 7)]);
  let open: { storage: Storage; database: Database; drop(): Promise<void> } | undefined;
  const opened = () => {
    if (open === undefined) throw new Error('not started');
    return open;
  };
  beforeAll(async () => {
    const fresh = await freshDatabase();
    const database = openDatabase(fresh.connectionString, 4, () => {});
    open = { storage: createStorage(database, box), database, drop: fresh.drop };
  });
  afterAll(async () => {
    await open?.database.close();
    await open?.drop();
  });
  return {
    box,
    get storage() {
      return opened().storage;
    },
    apply: (document, dryRun = false) =>
      applyDocument({ storage: opened().storage }, parseDocument(document), { dryRun }),
    read: (slug) => readDocument({ storage: opened().storage }, slug),
    rows: async <Row extends pg.QueryResultRow>(sql: string) => (await opened().database.pool.query<Row>(sql)).rows,
  };
}

/** What a refused document was refused for; anything else is thrown on. */
export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await work.then(
    () => new Error('not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refused) || error.refusal.code !== 'document.invalid') throw error;
  return error.refusal.problems;
}
