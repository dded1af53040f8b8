/** The changes of one application of the workspace document, written inside its transaction. */
import type { Kysely } from 'kysely';
import type { KeyDialect } from '../domain/caller.ts';
import type { GroupId, WorkspaceId } from '../domain/ids.ts';
import type {
  BlacklistEntry,
  CredentialKind,
  KeyLimits,
  Member,
  StoredRule,
  WorkspaceGroup,
  WorkspaceSettings,
} from '../domain/workspace.ts';
import { hashOf, type SecretBox } from './secret-box.ts';
import type { Tables } from './tables.ts';

export type RowChanges<Row> = { readonly saved: readonly Row[]; readonly removed: readonly Row[] };

export type NewKey = KeyLimits & {
  readonly dialect: KeyDialect;
  readonly secret: string;
  /** Only for dialects that show a key again (api-contracts.md 1.2). */
  readonly keepsSecret: boolean;
};

/** A credential's place and what is to change there; a null secret stays as it is. */
export type CredentialChange = {
  /** Null: a new one. */
  readonly id: number | null;
  readonly kind: CredentialKind;
  readonly position: number;
  readonly proxy: string | null;
  readonly secret: string | null;
};

export type WorkspaceChanges = {
  /** Null: unchanged. */
  readonly settings: WorkspaceSettings | null;
  readonly groups: RowChanges<WorkspaceGroup>;
  readonly credentials: { readonly saved: readonly CredentialChange[]; readonly removedIds: readonly number[] };
  readonly keys: {
    readonly added: readonly NewKey[];
    readonly updated: readonly (KeyLimits & { readonly id: number })[];
    readonly removedIds: readonly number[];
  };
  readonly rules: RowChanges<StoredRule>;
  readonly blacklist: RowChanges<BlacklistEntry>;
  readonly members: RowChanges<Member>;
};

const none = { saved: [], removed: [] };
export const noChanges: WorkspaceChanges = {
  settings: null,
  groups: none,
  credentials: { saved: [], removedIds: [] },
  keys: { added: [], updated: [], removedIds: [] },
  rules: none,
  blacklist: none,
  members: none,
};

type Db = Kysely<Tables>;

// PostgreSQL takes 65,535 parameters a statement
const rowsAtOnce = 2000;

async function inBlocks<Row>(rows: readonly Row[], write: (block: readonly Row[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) await write(rows.slice(start, start + rowsAtOnce));
}

async function writeGroups(db: Db, id: WorkspaceId, changes: WorkspaceChanges['groups']): Promise<void> {
  await inBlocks(changes.removed, (block) =>
    db
      .deleteFrom('workspace_groups')
      .where('workspace_id', '=', id)
      .where(
        'group_id',
        'in',
        block.map((row) => row.groupId),
      )
      .execute(),
  );
  // the former main group steps back before the new one comes forward: at no moment are there two
  const ordered = [...changes.saved].sort((a, b) => Number(a.isMain) - Number(b.isMain));
  await inBlocks(ordered, (block) =>
    db
      .insertInto('workspace_groups')
      .values(
        block.map((row) => ({
          workspace_id: id,
          group_id: row.groupId,
          is_main: row.isMain,
          company: row.company,
          ladder: row.ladder === null ? null : [...row.ladder],
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'group_id']).doUpdateSet((eb) => ({
          is_main: eb.ref('excluded.is_main'),
          company: eb.ref('excluded.company'),
          ladder: eb.ref('excluded.ladder'),
        })),
      )
      .execute(),
  );
}

async function writeCredentials(
  db: Db,
  box: SecretBox,
  id: WorkspaceId,
  changes: WorkspaceChanges['credentials'],
): Promise<void> {
  if (changes.removedIds.length > 0) {
    await db.deleteFrom('credentials').where('workspace_id', '=', id).where('id', 'in', changes.removedIds).execute();
  }
  const moving = changes.saved.flatMap((credential) => (credential.id === null ? [] : [credential.id]));
  if (moving.length > 0) {
    // out of each other's way: positions are unique, and two may change places
    await db
      .updateTable('credentials')
      .set((eb) => ({ position: eb('position', '-', 10_000) }))
      .where('workspace_id', '=', id)
      .where('id', 'in', moving)
      .execute();
  }
  for (const { id: credentialId, kind, position, proxy, secret } of changes.saved) {
    const sealedProxy = proxy === null ? null : box.seal(proxy);
    const sealed =
      secret === null
        ? null
        : { kind, secret: box.seal(secret), applied_hash: hashOf(secret), health: 'unknown' as const };
    if (credentialId !== null) {
      await db
        .updateTable('credentials')
        .set({ position, proxy: sealedProxy })
        .$if(sealed !== null, (query) =>
          query
            .set({ ...sealed, health_reason: '', health_at: null })
            .set((eb) => ({ version: eb('version', '+', 1) })),
        )
        .where('workspace_id', '=', id)
        .where('id', '=', credentialId)
        .execute();
    } else if (sealed !== null) {
      await db
        .insertInto('credentials')
        .values({ workspace_id: id, position, proxy: sealedProxy, ...sealed })
        .execute();
    }
  }
}

async function writeKeys(
  db: Db,
  box: SecretBox,
  id: WorkspaceId,
  changes: WorkspaceChanges['keys'],
): Promise<number[]> {
  await inBlocks(changes.removedIds, (block) =>
    db.deleteFrom('api_keys').where('workspace_id', '=', id).where('id', 'in', block).execute(),
  );
  const limits = (key: KeyLimits) => ({
    label: key.label,
    group_id: key.groupId,
    max_rank: key.maxRank,
    actions: key.actions === null ? null : [...key.actions],
    expires_at: key.expiresAt,
  });
  for (const key of changes.updated) {
    await db.updateTable('api_keys').set(limits(key)).where('workspace_id', '=', id).where('id', '=', key.id).execute();
  }
  const ids: number[] = [];
  await inBlocks(changes.added, async (block) => {
    const rows = await db
      .insertInto('api_keys')
      .values(
        block.map((key) => ({
          workspace_id: id,
          dialect: key.dialect,
          secret_hash: hashOf(key.secret),
          secret: key.keepsSecret ? box.seal(key.secret) : null,
          last_four: key.secret.slice(-4),
          ...limits(key),
        })),
      )
      .returning('id')
      .execute();
    ids.push(...rows.map((row) => row.id));
  });
  return ids;
}

async function writeRules(db: Db, id: WorkspaceId, changes: WorkspaceChanges['rules']): Promise<void> {
  for (const rule of changes.removed) {
    await db
      .deleteFrom('rank_rules')
      .where('workspace_id', '=', id)
      .where('group_id', '=', rule.groupId)
      .where('kind', '=', rule.kind)
      .where('from_rank', '=', rule.fromRank)
      .where('to_rank', '=', rule.toRank)
      .execute();
  }
  await inBlocks(changes.saved, (block) =>
    db
      .insertInto('rank_rules')
      .values(
        block.map((rule) => ({
          workspace_id: id,
          group_id: rule.groupId,
          kind: rule.kind,
          from_rank: rule.fromRank,
          to_rank: rule.toRank,
          is_enabled: rule.isEnabled,
          position: rule.order,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'group_id', 'kind', 'from_rank', 'to_rank']).doUpdateSet((eb) => ({
          is_enabled: eb.ref('excluded.is_enabled'),
          position: eb.ref('excluded.position'),
        })),
      )
      .execute(),
  );
}

async function writeBlacklist(db: Db, id: WorkspaceId, changes: WorkspaceChanges['blacklist']): Promise<void> {
  for (const groupId of new Set<GroupId>(changes.removed.map((entry) => entry.groupId))) {
    const users = changes.removed.filter((entry) => entry.groupId === groupId).map((entry) => entry.userId);
    await inBlocks(users, (block) =>
      db
        .deleteFrom('blacklist')
        .where('workspace_id', '=', id)
        .where('group_id', '=', groupId)
        .where('user_id', 'in', block)
        .execute(),
    );
  }
  await inBlocks(changes.saved, (block) =>
    db
      .insertInto('blacklist')
      .values(
        block.map((entry) => ({
          workspace_id: id,
          group_id: entry.groupId,
          user_id: entry.userId,
          reason: entry.reason,
          expires_at: entry.expiresAt,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'group_id', 'user_id']).doUpdateSet((eb) => ({
          reason: eb.ref('excluded.reason'),
          expires_at: eb.ref('excluded.expires_at'),
        })),
      )
      .execute(),
  );
}

async function writeMembers(db: Db, id: WorkspaceId, changes: WorkspaceChanges['members']): Promise<void> {
  await inBlocks(changes.removed, (block) =>
    db
      .deleteFrom('members')
      .where('workspace_id', '=', id)
      .where(
        'user_id',
        'in',
        block.map((member) => member.userId),
      )
      .execute(),
  );
  await inBlocks(changes.saved, (block) =>
    db
      .insertInto('members')
      .values(
        block.map((member) => ({
          workspace_id: id,
          user_id: member.userId,
          username: member.username,
          staff_role: member.staffRole,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'user_id']).doUpdateSet((eb) => ({
          username: eb.ref('excluded.username'),
          staff_role: eb.ref('excluded.staff_role'),
        })),
      )
      .execute(),
  );
}

function settingColumns(settings: WorkspaceSettings) {
  return {
    slug: settings.slug,
    name: settings.name,
    plan: settings.plan,
    is_open: settings.isOpen,
    timezone: settings.timezone,
    max_rank: settings.maxRank,
    limits: JSON.stringify(settings.limits),
    kept_parts: JSON.stringify(settings.keptParts),
  };
}

export async function insertWorkspace(db: Db, settings: WorkspaceSettings): Promise<WorkspaceId> {
  const row = await db
    .insertInto('workspaces')
    .values(settingColumns(settings))
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id as WorkspaceId;
}

/** The ids that the database gave to added keys, in their order. */
export type Written = { readonly addedKeyIds: readonly number[] };

export async function writeChanges(
  db: Db,
  box: SecretBox,
  id: WorkspaceId,
  changes: WorkspaceChanges,
): Promise<Written> {
  if (changes.settings !== null) {
    await db.updateTable('workspaces').set(settingColumns(changes.settings)).where('id', '=', id).execute();
  }
  await writeGroups(db, id, changes.groups);
  await writeCredentials(db, box, id, changes.credentials);
  const addedKeyIds = await writeKeys(db, box, id, changes.keys);
  await writeRules(db, id, changes.rules);
  await writeBlacklist(db, id, changes.blacklist);
  await writeMembers(db, id, changes.members);
  return { addedKeyIds };
}
