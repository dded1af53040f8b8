/** The workspace's own fields, its groups, rules, blacklist and members: what the document makes of them. */
import { type GroupId, groupId, type Rank, rank, roleId, userId } from '../../domain/ids.ts';
import type { BlacklistEntry, Member, StoredRule, WorkspaceGroup, WorkspaceSettings } from '../../domain/workspace.ts';
import type { WorkspaceDocument } from '../workspace-document.ts';
import { given, type ListMerge, mergeList } from './merge-list.ts';

const rankOrNull = (value: number | null | undefined, before: Rank | null) =>
  value === undefined ? before : value === null ? null : rank(value);
export const groupOrNull = (value: number | null | undefined, before: GroupId | null) =>
  value === undefined ? before : value === null ? null : groupId(value);
export const momentOrNull = (value: string | null | undefined, before: Date | null) =>
  value === undefined ? before : value === null ? null : new Date(value);

/** A workspace nobody has said anything about yet. */
export function newSettings(slug: string): WorkspaceSettings {
  return {
    slug,
    name: slug,
    plan: 'max',
    isOpen: false,
    timezone: 'UTC',
    maxRank: null,
    limits: {},
    keptParts: {},
  };
}

function mergeLimits(
  before: WorkspaceSettings['limits'],
  said: WorkspaceDocument['limits'],
): WorkspaceSettings['limits'] {
  const limits = { ...before };
  for (const [name, value] of Object.entries(said ?? {})) if (value !== undefined) limits[name] = value;
  return limits;
}

export function mergeSettings(before: WorkspaceSettings, document: WorkspaceDocument): WorkspaceSettings {
  const { workspace, limits } = document;
  return {
    slug: before.slug,
    name: given(workspace.name, before.name),
    plan: given(workspace.plan, before.plan),
    isOpen: given(workspace.open, before.isOpen),
    timezone: given(workspace.timezone, before.timezone),
    maxRank: rankOrNull(workspace.maxRank, before.maxRank),
    limits: mergeLimits(before.limits, limits),
    keptParts: before.keptParts,
  };
}

export function mergeGroups(rows: readonly WorkspaceGroup[], document: WorkspaceDocument): ListMerge<WorkspaceGroup> {
  const namesMain = (document.groups ?? []).some((group) => group.main === true);
  const merged = mergeList(rows, document.groups, {
    keyOfRow: (row) => String(row.groupId),
    keyOfEntry: (entry) => String(entry.id),
    merge: (row, entry): WorkspaceGroup => ({
      groupId: groupId(entry.id),
      // whoever names another main group means that this one is none any more
      isMain: given(entry.main, namesMain ? false : (row?.isMain ?? false)),
      company: given(entry.company, entry.main === true ? null : (row?.company ?? null)),
      ladder: entry.ladder === undefined ? (row?.ladder ?? null) : (entry.ladder?.map(roleId) ?? null),
    }),
    prune: document.prune === true,
  });
  if (!namesMain) return merged;
  const named = new Set((document.groups ?? []).map((group) => group.id));
  const stepsBack = (row: WorkspaceGroup) => row.isMain && !named.has(row.groupId);
  const notMain = (row: WorkspaceGroup): WorkspaceGroup => (stepsBack(row) ? { ...row, isMain: false } : row);
  return {
    ...merged,
    updated: [...merged.updated, ...merged.result.filter(stepsBack).map(notMain)],
    result: merged.result.map(notMain),
  };
}

const ruleKey = (rule: { groupId: number; kind: string; fromRank: number; toRank: number }) =>
  `${rule.groupId} ${rule.kind} ${rule.fromRank} ${rule.toRank}`;

export function mergeRules(rows: readonly StoredRule[], document: WorkspaceDocument): ListMerge<StoredRule> {
  return mergeList(rows, document.rules, {
    keyOfRow: ruleKey,
    keyOfEntry: ruleKey,
    merge: (row, entry): StoredRule => ({
      groupId: groupId(entry.groupId),
      kind: entry.kind,
      fromRank: rank(entry.fromRank),
      toRank: rank(entry.toRank),
      isEnabled: given(entry.enabled, row?.isEnabled ?? true),
      order: given(entry.order, row?.order ?? 0),
    }),
    prune: document.prune === true,
  });
}

export function mergeBlacklist(
  rows: readonly BlacklistEntry[],
  document: WorkspaceDocument,
): ListMerge<BlacklistEntry> {
  return mergeList(rows, document.blacklist, {
    keyOfRow: (row) => `${row.groupId} ${row.userId}`,
    keyOfEntry: (entry) => `${entry.groupId} ${entry.robloxUserId}`,
    merge: (row, entry): BlacklistEntry => ({
      groupId: groupId(entry.groupId),
      userId: userId(entry.robloxUserId),
      reason: given(entry.reason, row?.reason ?? ''),
      expiresAt: momentOrNull(entry.expiresAt, row?.expiresAt ?? null),
    }),
    prune: document.prune === true,
  });
}

export function mergeMembers(rows: readonly Member[], document: WorkspaceDocument): ListMerge<Member> {
  return mergeList(rows, document.members, {
    keyOfRow: (row) => String(row.userId),
    keyOfEntry: (entry) => String(entry.robloxId),
    merge: (row, entry): Member => ({
      userId: userId(entry.robloxId),
      username: given(entry.username, row?.username ?? ''),
      staffRole: given(entry.role, row?.staffRole ?? null),
    }),
    prune: document.prune === true,
  });
}
