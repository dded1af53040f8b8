/** A workspace as a document again, without its secrets; applied where it came from, it changes nothing. */
import { Refused } from '../domain/refusals.ts';
import type { WorkspaceKey } from '../domain/workspace.ts';
import type { CredentialRow, WorkspaceState } from '../storage/workspace-state.ts';
import type { KeptParts } from './apply-document/merge-kept-parts.ts';
import type { Deps } from './deps.ts';
import type { WorkspaceDocument } from './workspace-document.ts';
import { workspaceOf } from './workspace-of.ts';

function credentialFrom(row: CredentialRow): NonNullable<WorkspaceDocument['credential']> {
  const hasPassword = row.proxy !== null && /^[a-z]+:\/\/[^/]*@/i.test(row.proxy);
  return {
    kind: row.kind,
    // a proxy's password is a secret: left out, it is left alone when the document is applied
    ...(hasPassword ? {} : { proxy: row.proxy }),
    health: { state: row.health, reason: row.healthReason, at: row.healthAt?.toISOString() ?? null },
  };
}

function keyFrom(key: WorkspaceKey): NonNullable<WorkspaceDocument['keys']>[number] {
  return {
    dialect: key.dialect,
    lastFour: key.lastFour,
    label: key.label,
    groupId: key.groupId,
    maxRank: key.maxRank,
    actions: key.actions === null ? null : [...key.actions],
    expiresAt: key.expiresAt?.toISOString() ?? null,
  };
}

/** A part that is empty is left out. */
function listOf<Name extends string, Row, Entry>(name: Name, rows: readonly Row[], entryFrom: (row: Row) => Entry) {
  return rows.length === 0 ? {} : ({ [name]: rows.map(entryFrom) } as { [Key in Name]: Entry[] });
}

function documentFrom(state: WorkspaceState): WorkspaceDocument {
  const [first, ...others] = state.credentials;
  const main = first?.position === 0 ? first : undefined;
  const extra = main === undefined ? state.credentials : others;
  return {
    workspace: {
      slug: state.slug,
      name: state.name,
      plan: state.plan,
      open: state.isOpen,
      timezone: state.timezone,
      maxRank: state.maxRank,
    },
    ...(main === undefined ? {} : { credential: credentialFrom(main) }),
    ...listOf('extraCredentials', extra, credentialFrom),
    ...listOf('groups', state.groups, (group) => ({
      id: group.groupId,
      main: group.isMain,
      company: group.company,
      ladder: group.ladder === null ? null : [...group.ladder],
    })),
    ...listOf(
      'keys',
      state.keys.filter((key) => key.revokedAt === null),
      keyFrom,
    ),
    ...listOf('rules', state.rules, (rule) => ({
      groupId: rule.groupId,
      kind: rule.kind,
      fromRank: rule.fromRank,
      toRank: rule.toRank,
      enabled: rule.isEnabled,
      order: rule.order,
    })),
    ...listOf('blacklist', state.blacklist, (entry) => ({
      groupId: entry.groupId,
      robloxUserId: entry.userId,
      reason: entry.reason,
      expiresAt: entry.expiresAt?.toISOString() ?? null,
    })),
    ...listOf('members', state.members, (member) => ({
      robloxId: member.userId,
      username: member.username,
      role: member.staffRole,
    })),
    ...(Object.keys(state.limits).length === 0 ? {} : { limits: { ...state.limits } }),
    ...(state.keptParts as KeptParts),
  };
}

export async function readDocument(deps: Pick<Deps, 'storage'>, slug: string): Promise<WorkspaceDocument> {
  const state = await deps.storage.tenant(await workspaceOf(deps, slug)).settings.read();
  if (state === null) throw new Refused({ code: 'workspace.unknown' });
  return documentFrom(state);
}
