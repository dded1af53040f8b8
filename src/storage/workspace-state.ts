/** Everything the workspace document can change, read at once; what an application of the document starts from. */
import type { Kysely } from 'kysely';
import type { KeyDialect } from '../domain/caller.ts';
import type { GroupId, Rank, RoleId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { KeyAction, Plan } from '../domain/refusals.ts';
import type {
  BlacklistEntry,
  CredentialState,
  LinkedCompany,
  Member,
  StaffRole,
  StoredRule,
  WorkspaceGroup,
  WorkspaceKey,
  WorkspaceSettings,
} from '../domain/workspace.ts';
import type { SecretBox } from './secret-box.ts';
import type { Tables } from './tables.ts';

/** `secretHash`, `appliedHash`: what tells a secret from another without holding it. */
export type KeyRow = WorkspaceKey & { readonly secretHash: Buffer };
export type CredentialRow = CredentialState & { readonly appliedHash: Buffer };

export type WorkspaceState = WorkspaceSettings & {
  readonly id: WorkspaceId;
  readonly groups: readonly WorkspaceGroup[];
  readonly credentials: readonly CredentialRow[];
  /** Revoked ones too: a revoked key never opens anything again. */
  readonly keys: readonly KeyRow[];
  readonly rules: readonly StoredRule[];
  readonly blacklist: readonly BlacklistEntry[];
  readonly members: readonly Member[];
};

type Db = Kysely<Tables>;

const settingColumns = [
  'id',
  'slug',
  'name',
  'plan',
  'is_open',
  'timezone',
  'max_rank',
  'limits',
  'kept_parts',
] as const;

export async function readKeys(db: Db, id: WorkspaceId): Promise<KeyRow[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(['id', 'dialect', 'label', 'secret_hash', 'last_four', 'group_id', 'max_rank', 'actions', 'expires_at'])
    .select(['revoked_at', 'created_at'])
    .where('workspace_id', '=', id)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    dialect: row.dialect as KeyDialect,
    label: row.label,
    secretHash: row.secret_hash,
    lastFour: row.last_four,
    groupId: row.group_id as GroupId | null,
    maxRank: row.max_rank as Rank | null,
    actions: row.actions as KeyAction[] | null,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }));
}

async function readGroups(db: Db, id: WorkspaceId): Promise<WorkspaceGroup[]> {
  const rows = await db
    .selectFrom('workspace_groups')
    .selectAll()
    .where('workspace_id', '=', id)
    .orderBy('is_main', 'desc')
    .orderBy('group_id')
    .execute();
  return rows.map((row) => ({
    groupId: row.group_id as GroupId,
    isMain: row.is_main,
    company: row.company as LinkedCompany | null,
    ladder: row.ladder as RoleId[] | null,
  }));
}

export async function readCredentials(db: Db, box: SecretBox, id: WorkspaceId): Promise<CredentialRow[]> {
  const rows = await db
    .selectFrom('credentials')
    .select(['id', 'kind', 'position', 'applied_hash', 'proxy', 'health', 'health_reason', 'health_at'])
    .where('workspace_id', '=', id)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    position: row.position,
    appliedHash: row.applied_hash,
    proxy: row.proxy === null ? null : box.open(row.proxy),
    health: row.health,
    healthReason: row.health_reason,
    healthAt: row.health_at,
  }));
}

async function readRules(db: Db, id: WorkspaceId): Promise<StoredRule[]> {
  const rows = await db
    .selectFrom('rank_rules')
    .select(['group_id', 'kind', 'from_rank', 'to_rank', 'is_enabled', 'position'])
    .where('workspace_id', '=', id)
    .orderBy('group_id')
    .orderBy('kind', 'desc')
    .orderBy('position')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    groupId: row.group_id as GroupId,
    kind: row.kind,
    fromRank: row.from_rank as Rank,
    toRank: row.to_rank as Rank,
    isEnabled: row.is_enabled,
    order: row.position,
  }));
}

async function readBlacklist(db: Db, id: WorkspaceId): Promise<BlacklistEntry[]> {
  const rows = await db
    .selectFrom('blacklist')
    .select(['group_id', 'user_id', 'reason', 'expires_at'])
    .where('workspace_id', '=', id)
    .orderBy('group_id')
    .orderBy('user_id')
    .execute();
  return rows.map((row) => ({
    groupId: row.group_id as GroupId,
    userId: row.user_id as UserId,
    reason: row.reason,
    expiresAt: row.expires_at,
  }));
}

async function readMembers(db: Db, id: WorkspaceId): Promise<Member[]> {
  const rows = await db
    .selectFrom('members')
    .select(['user_id', 'username', 'staff_role'])
    .where('workspace_id', '=', id)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => ({
    userId: row.user_id as UserId,
    username: row.username,
    staffRole: row.staff_role as StaffRole | null,
  }));
}

/** Null when there is none. One statement a list; in a transaction they see one moment. */
export async function readWorkspace(
  db: Db,
  box: SecretBox,
  by: { slug: string } | { id: WorkspaceId },
): Promise<WorkspaceState | null> {
  const query = db.selectFrom('workspaces').select(settingColumns);
  const row = await ('slug' in by
    ? query.where('slug', '=', by.slug)
    : query.where('id', '=', by.id)
  ).executeTakeFirst();
  if (row === undefined) return null;
  const id = row.id as WorkspaceId;
  return {
    id,
    slug: row.slug,
    name: row.name,
    plan: row.plan as Plan,
    isOpen: row.is_open,
    timezone: row.timezone,
    maxRank: row.max_rank as Rank | null,
    limits: row.limits,
    keptParts: row.kept_parts,
    groups: await readGroups(db, id),
    credentials: await readCredentials(db, box, id),
    keys: await readKeys(db, id),
    rules: await readRules(db, id),
    blacklist: await readBlacklist(db, id),
    members: await readMembers(db, id),
  };
}
