/** What can be wrong between the fields of one document, whatever the workspace looks like now. */
import type { WorkspaceDocument } from '../workspace-document.ts';
import { type EntryOf, type ListName, naturalKeys, offerKey } from './natural-keys.ts';

type Say = (path: readonly (string | number)[], message: string) => void;

function sayRepeats(path: readonly (string | number)[], keys: readonly (string | null)[], say: Say): void {
  const first = new Map<string, number>();
  for (const [index, key] of keys.entries()) {
    if (key === null) continue;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else say([...path, index], `is the same entry as ${path.join('.')}[${earlier}]; keep one of them`);
  }
}

function repeatsIn<Name extends ListName>(name: Name, entries: readonly EntryOf<Name>[] | undefined, say: Say): void {
  sayRepeats([name], (entries ?? []).map(naturalKeys[name]), say);
}

function checkGroups(groups: WorkspaceDocument['groups'], say: Say): void {
  const mains = (groups ?? []).flatMap((group, index) => (group.main === true ? [index] : []));
  for (const index of mains.slice(1))
    say(['groups', index, 'main'], `must not be true: groups[${mains[0]}] is the main group already`);
  for (const [index, group] of (groups ?? []).entries()) {
    if (group.main === true && group.company) {
      say(['groups', index, 'company'], 'must be left out: the main group is the company "main"');
    }
    sayRepeats(['groups', index, 'ladder'], (group.ladder ?? []).map(String), say);
  }
  const named = (groups ?? []).map((group) => group.company ?? null);
  sayRepeats(['groups'], named, (path) => say([...path, 'company'], 'is taken by another group of this list'));
}

function checkKeys(keys: WorkspaceDocument['keys'], say: Say): void {
  for (const [index, key] of (keys ?? []).entries()) {
    if (key.value === undefined && key.lastFour === undefined) {
      say(
        ['keys', index, 'value'],
        'is missing; only a key that exists already may be named by dialect and lastFour instead',
      );
    }
    if (key.value !== undefined && key.lastFour !== undefined && !key.value.endsWith(key.lastFour)) {
      say(['keys', index, 'lastFour'], 'is not how the value ends');
    }
    sayRepeats(['keys', index, 'actions'], key.actions ?? [], say);
  }
}

function checkRules(rules: WorkspaceDocument['rules'], say: Say): void {
  for (const [index, rule] of (rules ?? []).entries()) {
    if (rule.kind === 'promote' && rule.toRank <= rule.fromRank) {
      say(['rules', index, 'toRank'], 'must be above fromRank: the rule promotes');
    }
    if (rule.kind === 'demote' && rule.toRank >= rule.fromRank) {
      say(['rules', index, 'toRank'], 'must be below fromRank: the rule demotes');
    }
  }
}

function checkDefaults(document: WorkspaceDocument, say: Say): void {
  const roles = (document.sessionRoles ?? []).map((role) => (role.isDefault === true ? 'default' : null));
  sayRepeats(['sessionRoles'], roles, (path) =>
    say([...path, 'isDefault'], 'must not be true: another role is the default already'),
  );
  const applications = (document.applications ?? []).map((application) =>
    application.default === true ? String(application.groupId ?? 'main') : null,
  );
  sayRepeats(['applications'], applications, (path) =>
    say([...path, 'default'], 'must not be true: another application of this group is the default already'),
  );
  for (const [index, application] of (document.applications ?? []).entries()) {
    sayRepeats(
      ['applications', index, 'questions'],
      (application.questions ?? []).map((question) => question.id),
      say,
    );
  }
}

export function crossCheck(document: WorkspaceDocument, say: Say): void {
  repeatsIn('groups', document.groups, say);
  repeatsIn('keys', document.keys, say);
  repeatsIn('rules', document.rules, say);
  repeatsIn('blacklist', document.blacklist, say);
  repeatsIn('members', document.members, say);
  repeatsIn('verifications', document.verifications, say);
  repeatsIn('sessionTypes', document.sessionTypes, say);
  repeatsIn('sessionRoles', document.sessionRoles, say);
  repeatsIn('medals', document.medals, say);
  repeatsIn('certifications', document.certifications, say);
  repeatsIn('applications', document.applications, say);
  repeatsIn('xpRanks', document.xpRanks, say);
  repeatsIn('records', document.records, say);
  repeatsIn('webhooks', document.webhooks, say);
  sayRepeats(['rankCentre', 'offers'], (document.rankCentre?.offers ?? []).map(offerKey), say);
  const credentials = [document.credential, ...(document.extraCredentials ?? [])].map((one) => one?.value ?? null);
  sayRepeats(['extraCredentials'], credentials, ([, index]) =>
    say(['extraCredentials', Number(index) - 1, 'value'], 'stands in the document twice; keep one of them'),
  );
  checkGroups(document.groups, say);
  checkKeys(document.keys, say);
  checkRules(document.rules, say);
  checkDefaults(document, say);
}
