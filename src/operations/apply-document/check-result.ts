/** Whether the workspace would hold together after the changes: what a document alone cannot show. */
import { weskKeysMax } from '../../domain/plans.ts';
import type { Problem } from '../../domain/problem.ts';
import type { BlacklistEntry, StoredRule, WorkspaceGroup, WorkspaceSettings } from '../../domain/workspace.ts';
import type { WorkspaceDocument } from '../workspace-document.ts';
import type { KeptParts } from './merge-kept-parts.ts';
import type { KeyAfter } from './merge-keys.ts';

export type Outcome = {
  readonly settings: WorkspaceSettings;
  readonly groups: readonly WorkspaceGroup[];
  readonly keys: readonly KeyAfter[];
  readonly rules: readonly StoredRule[];
  readonly blacklist: readonly BlacklistEntry[];
  readonly kept: KeptParts;
};

function checkGroups({ groups }: Outcome): Problem[] {
  const problems: Problem[] = [];
  if (groups.length > 0 && !groups.some((group) => group.isMain)) {
    problems.push({ place: 'groups', problem: 'has no main group', remedy: 'Give one of them "main": true.' });
  }
  const companies = groups.flatMap((group) => group.company ?? []);
  for (const company of new Set(companies)) {
    const holders = groups.filter((group) => group.company === company).map((group) => group.groupId);
    if (holders.length > 1) {
      problems.push({
        place: 'groups',
        problem: `would have the company ${company} twice: ${holders.join(' and ')}`,
        remedy: 'Give one of them another company, or null.',
      });
    }
  }
  return problems;
}

/** Whatever names a group names one of the workspace's, unless the workspace is open. */
function checkGroupsNamed(outcome: Outcome, document: WorkspaceDocument): Problem[] {
  const { settings, groups } = outcome;
  if (settings.isOpen) return [];
  const own = new Set<number>(groups.map((group) => group.groupId));
  const problems: Problem[] = [];
  const check = (id: number | null | undefined, place: string) => {
    if (id === null || id === undefined || own.has(id)) return;
    problems.push({
      place,
      problem: `names the group ${id}, which is not one of the workspace's groups`,
      remedy: 'Add it to "groups", or correct the id.',
    });
  };
  for (const key of outcome.keys) if (key.place !== null) check(key.groupId, `${key.place}.groupId`);
  for (const [index, rule] of (document.rules ?? []).entries()) check(rule.groupId, `rules[${index}].groupId`);
  for (const [index, entry] of (document.blacklist ?? []).entries())
    check(entry.groupId, `blacklist[${index}].groupId`);
  for (const [index, one] of (document.applications ?? []).entries())
    check(one.groupId, `applications[${index}].groupId`);
  for (const [index, one] of (document.xpRanks ?? []).entries()) check(one.groupId, `xpRanks[${index}].groupId`);
  check(document.rankCentre?.groupId, 'rankCentre.groupId');

  // entries that the document does not name and that would be left without their group
  const orphaned = [
    ...outcome.keys.flatMap((key) =>
      key.place === null && key.groupId !== null ? [['keys', key.groupId] as const] : [],
    ),
    ...(document.rules === undefined ? outcome.rules.map((rule) => ['rules', rule.groupId] as const) : []),
    ...(document.blacklist === undefined
      ? outcome.blacklist.map((entry) => ['blacklist', entry.groupId] as const)
      : []),
  ].filter(([, id]) => !own.has(id));
  for (const [list, id] of new Map(orphaned.map((pair) => [pair.join(' '), pair])).values()) {
    problems.push({
      place: 'groups',
      problem: `leaves out ${id}, which the workspace's ${list} still name`,
      remedy: `Keep the group, or have the document say all its ${list} too, with "prune": true.`,
    });
  }
  return problems;
}

function checkKeys({ settings, keys }: Outcome, now: Date): Problem[] {
  const problems: Problem[] = [];
  const wesk = keys.filter((key) => key.dialect === 'wesk');
  for (const key of wesk) {
    if (key.groupId === null && key.place !== null) {
      problems.push({
        place: `${key.place}.groupId`,
        problem: 'is missing: a WESK key opens exactly one group',
        remedy: "Name one of the workspace's groups.",
      });
    }
  }
  const max = weskKeysMax(settings.plan);
  if (max === null) return problems;
  const inForce = wesk.filter((key) => key.expiresAt === null || key.expiresAt > now);
  for (const groupId of new Set(inForce.map((key) => key.groupId))) {
    const ofGroup = inForce.filter((key) => key.groupId === groupId);
    if (groupId === null || ofGroup.length <= max) continue;
    problems.push({
      place: ofGroup.findLast((key) => key.place !== null)?.place ?? 'workspace.plan',
      problem: `would be one of ${ofGroup.length} WESK keys of the group ${groupId}; the plan ${settings.plan} has ${max}`,
      remedy: 'Remove keys (brevet keys revoke), or choose the plan max.',
    });
  }
  return problems;
}

function checkRecords({ kept }: Outcome, document: WorkspaceDocument): Problem[] {
  const medals = new Set((kept.medals ?? []).map((medal) => medal.name.toLowerCase()));
  const certifications = new Set((kept.certifications ?? []).map((one) => one.reference.toLowerCase()));
  const unknown = (names: readonly string[] | undefined, known: ReadonlySet<string>, place: string, list: string) =>
    (names ?? []).flatMap((name, index) =>
      known.has(name.toLowerCase())
        ? []
        : [
            {
              place: `${place}[${index}]`,
              problem: `is not in "${list}": ${name}`,
              remedy: `Add it to "${list}", or correct it.`,
            },
          ],
    );
  return (document.records ?? []).flatMap((record, index) => [
    ...unknown(record.medals, medals, `records[${index}].medals`, 'medals'),
    ...unknown(record.certifications, certifications, `records[${index}].certifications`, 'certifications'),
  ]);
}

export function checkResult(outcome: Outcome, document: WorkspaceDocument, now: Date): Problem[] {
  return [
    ...checkGroups(outcome),
    ...checkGroupsNamed(outcome, document),
    ...checkKeys(outcome, now),
    ...checkRecords(outcome, document),
  ];
}
