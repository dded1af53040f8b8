/**
 * Parts of the document whose feature this version does not have: kept in the document's own shape, merged by the same
 * rules as everything else. None of them holds a secret.
 */
import { isDeepStrictEqual } from 'node:util';
import { type EntryOf, type ListName, naturalKeys, offerKey } from '../workspace-document/natural-keys.ts';
import type { WorkspaceDocument } from '../workspace-document.ts';
import { type ListMerge, mergeList } from './merge-list.ts';
import { listChanges, type PartChange, partChange } from './report.ts';

export type KeptParts = Pick<
  WorkspaceDocument,
  | 'owner'
  | 'discord'
  | 'verifications'
  | 'sessionTypes'
  | 'sessionRoles'
  | 'medals'
  | 'certifications'
  | 'ep'
  | 'applications'
  | 'rankCentre'
  | 'xpRanks'
  | 'records'
  | 'webhooks'
>;

const keptLists = [
  'verifications',
  'sessionTypes',
  'sessionRoles',
  'medals',
  'certifications',
  'applications',
  'xpRanks',
  'webhooks',
] as const satisfies readonly (keyof KeptParts & ListName)[];
const keptObjects = ['owner', 'discord', 'ep'] as const satisfies readonly (keyof KeptParts)[];

type Merged = { readonly value: unknown; readonly changes: readonly PartChange[] };

/** Only what is said replaces what was kept; a field that is `undefined` was not said. */
function mergeFields<T extends object>(before: T | null, given: T): T {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...before, ...said } as T;
}

function mergeEntries<Entry extends object>(
  part: string,
  kept: readonly Entry[],
  given: readonly Entry[],
  keyOf: (entry: Entry) => string,
  prune: boolean,
): { merged: ListMerge<Entry>; changes: PartChange[] } {
  const merged = mergeList(kept, given, { keyOfRow: keyOf, keyOfEntry: keyOf, merge: mergeFields, prune });
  return { merged, changes: listChanges(part, merged, keyOf) };
}

function mergeKeptList<Name extends (typeof keptLists)[number]>(
  name: Name,
  kept: KeptParts,
  document: WorkspaceDocument,
): Merged {
  const before = (kept[name] ?? []) as EntryOf<Name>[];
  const given = document[name] as EntryOf<Name>[] | undefined;
  if (given === undefined) return { value: kept[name], changes: [] };
  const keyOf = (entry: EntryOf<Name>) => naturalKeys[name](entry) ?? '';
  const { merged, changes } = mergeEntries(name, before, given, keyOf, document.prune === true);
  return { value: merged.result, changes };
}

function mergeKeptObject(name: (typeof keptObjects)[number], kept: KeptParts, document: WorkspaceDocument): Merged {
  const given = document[name];
  const before = kept[name];
  if (given === undefined) return { value: before, changes: [] };
  const value = mergeFields<object>(before ?? null, given);
  const change = before === undefined ? 'added' : isDeepStrictEqual(before, value) ? null : 'updated';
  return { value, changes: change === null ? [] : partChange(name, change, [name]) };
}

function mergeRankCentre(kept: KeptParts, document: WorkspaceDocument): Merged {
  const given = document.rankCentre;
  const before = kept.rankCentre;
  if (given === undefined) return { value: before, changes: [] };
  const { offers, ...fields } = given;
  const { offers: keptOffers = [], ...keptFields } = before ?? {};
  const merged = mergeFields<object>(keptFields, fields);
  const change = before === undefined ? 'added' : isDeepStrictEqual(keptFields, merged) ? null : 'updated';
  const list =
    offers === undefined
      ? null
      : mergeEntries('rankCentre.offers', keptOffers, offers, offerKey, document.prune === true);
  return {
    value: { ...merged, offers: list?.merged.result ?? keptOffers },
    changes: [...(change === null ? [] : partChange('rankCentre', change, ['rankCentre'])), ...(list?.changes ?? [])],
  };
}

/** Records fill members who have none and never overwrite, so `prune` does not concern them either. */
function mergeRecords(kept: KeptParts, document: WorkspaceDocument): Merged {
  const keyOf = naturalKeys.records;
  const merged = mergeList(kept.records ?? [], document.records, {
    keyOfRow: (record) => keyOf(record) ?? '',
    keyOfEntry: (record) => keyOf(record) ?? '',
    merge: (before, entry) => before ?? mergeFields(null, entry),
    prune: false,
  });
  return {
    value: document.records === undefined ? kept.records : merged.result,
    changes: listChanges('records', merged, (record) => String(record.robloxId)),
  };
}

export function mergeKeptParts(
  kept: KeptParts,
  document: WorkspaceDocument,
): { readonly parts: KeptParts; readonly changes: readonly PartChange[] } {
  const merged: Readonly<Record<string, Merged>> = {
    ...Object.fromEntries(keptObjects.map((name) => [name, mergeKeptObject(name, kept, document)])),
    ...Object.fromEntries(keptLists.map((name) => [name, mergeKeptList(name, kept, document)])),
    rankCentre: mergeRankCentre(kept, document),
    records: mergeRecords(kept, document),
  };
  const parts = Object.entries(merged).filter(([, { value }]) => value !== undefined);
  return {
    parts: Object.fromEntries(parts.map(([name, { value }]) => [name, value])),
    changes: Object.values(merged).flatMap(({ changes }) => changes),
  };
}
