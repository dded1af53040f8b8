/** Makes a workspace what the document says: in one transaction, all of it or nothing; the same document again changes nothing. */
import { isDeepStrictEqual } from 'node:util';
import { Refused } from '../domain/refusals.ts';
import type { WorkspaceSettings } from '../domain/workspace.ts';
import type { WorkspaceEdit } from '../storage/workspaces.ts';
import { checkResult } from './apply-document/check-result.ts';
import { mergeCredentials } from './apply-document/merge-credentials.ts';
import { type KeptParts, mergeKeptParts } from './apply-document/merge-kept-parts.ts';
import { mergeKeys } from './apply-document/merge-keys.ts';
import {
  mergeBlacklist,
  mergeGroups,
  mergeMembers,
  mergeRules,
  mergeSettings,
  newSettings,
} from './apply-document/merge-settings.ts';
import { type ApplyReport, listChanges, type PartChange, partChange } from './apply-document/report.ts';
import type { Deps } from './deps.ts';
import type { WorkspaceDocument } from './workspace-document.ts';

function settingsChanges(before: WorkspaceSettings | null, after: WorkspaceSettings): PartChange[] {
  if (before === null) return partChange('workspace', 'added', [after.slug]);
  const words = { name: 'name', plan: 'plan', isOpen: 'open', timezone: 'timezone', maxRank: 'maxRank' } as const;
  const fields = (Object.keys(words) as (keyof typeof words)[]).filter((field) => before[field] !== after[field]);
  const limits = isDeepStrictEqual(before.limits, after.limits) ? [] : Object.keys(after.limits);
  return [
    ...partChange(
      'workspace',
      'updated',
      fields.map((field) => words[field]),
    ),
    ...partChange('limits', 'updated', limits),
  ];
}

async function plan(edit: WorkspaceEdit, document: WorkspaceDocument) {
  const { state } = edit;
  const { slug, name } = document.workspace;
  if (state === null && name === undefined) {
    throw new Refused({
      code: 'document.invalid',
      problems: [
        {
          place: 'workspace.name',
          problem: `is missing, and there is no workspace ${slug} yet`,
          remedy: 'Correct the slug, or give the new workspace a name.',
        },
      ],
    });
  }
  const before = state ?? newSettings(slug);
  const kept = mergeKeptParts((state?.keptParts ?? {}) as KeptParts, document);
  const settings = { ...mergeSettings(before, document), keptParts: kept.parts };
  const groups = mergeGroups(state?.groups ?? [], document);
  const credentials = mergeCredentials(state?.credentials ?? [], document);
  const values = (document.keys ?? []).flatMap((key) => key.value ?? []);
  const keys = mergeKeys(state?.keys ?? [], document, await edit.keysInUse(values));
  const rules = mergeRules(state?.rules ?? [], document);
  const blacklist = mergeBlacklist(state?.blacklist ?? [], document);
  const members = mergeMembers(state?.members ?? [], document);

  const outcome = {
    settings,
    groups: groups.result,
    keys: keys.result,
    rules: rules.result,
    blacklist: blacklist.result,
    kept: kept.parts,
  };
  const problems = [...credentials.problems, ...keys.problems, ...checkResult(outcome, document, edit.now)];
  if (problems.length > 0) throw new Refused({ code: 'document.invalid', problems });

  const changes: PartChange[] = [
    ...settingsChanges(state, settings),
    ...listChanges('groups', groups, (group) => String(group.groupId)),
    ...credentials.changes,
    ...keys.changes,
    ...listChanges('rules', rules, (rule) => `${rule.groupId} ${rule.kind} ${rule.fromRank} → ${rule.toRank}`),
    ...listChanges('blacklist', blacklist, (entry) => `${entry.userId} in ${entry.groupId}`),
    ...listChanges('members', members, (member) => member.username || String(member.userId)),
    ...kept.changes,
  ];
  return {
    settings,
    groups,
    credentials,
    keys,
    rules,
    blacklist,
    members,
    changes,
    keptParts: Object.keys(kept.parts),
  };
}

const saved = <Row>(merged: { added: readonly Row[]; updated: readonly Row[]; removed: readonly Row[] }) => ({
  saved: [...merged.added, ...merged.updated],
  removed: merged.removed,
});

/** Throws `document.invalid` when the document does not fit the workspace; then nothing was changed. */
export async function applyDocument(
  deps: Pick<Deps, 'storage'>,
  document: WorkspaceDocument,
  options: { readonly dryRun: boolean } = { dryRun: false },
): Promise<ApplyReport> {
  return deps.storage.shared.workspaces.edit(document.workspace.slug, async (edit) => {
    const { settings, groups, credentials, keys, rules, blacklist, members, changes, keptParts } = await plan(
      edit,
      document,
    );
    const isChanged = changes.length > 0;
    if (isChanged && !options.dryRun) {
      const id = edit.state?.id ?? (await edit.create(settings));
      await edit.write(id, {
        settings: edit.state === null ? null : settings,
        groups: saved(groups),
        credentials,
        keys,
        rules: saved(rules),
        blacklist: saved(blacklist),
        members: saved(members),
      });
    }
    return {
      slug: document.workspace.slug,
      isNew: edit.state === null,
      isDryRun: options.dryRun,
      isChanged,
      changes,
      keptParts: keptParts.sort(),
    };
  });
}
