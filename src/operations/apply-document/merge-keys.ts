/** The document's keys and the stored ones: the same by value, or by dialect and last four characters where the value is left out. */
import { isDeepStrictEqual } from 'node:util';
import { rank } from '../../domain/ids.ts';
import { keysShownAgain } from '../../domain/keys.ts';
import type { Problem } from '../../domain/problem.ts';
import type { KeyLimits, WorkspaceKey } from '../../domain/workspace.ts';
import { hashOf } from '../../storage/secret-box.ts';
import type { NewKey } from '../../storage/workspace-changes.ts';
import type { KeyRow } from '../../storage/workspace-state.ts';
import type { WorkspaceDocument } from '../workspace-document.ts';
import { given } from './merge-list.ts';
import { groupOrNull, momentOrNull } from './merge-settings.ts';
import { type PartChange, partChange } from './report.ts';

type Entry = NonNullable<WorkspaceDocument['keys']>[number];

/** A key as it will be, with the place in the document that says so. */
export type KeyAfter = Pick<WorkspaceKey, 'dialect'> & KeyLimits & { readonly place: string | null };

export type KeyMerge = {
  readonly added: readonly NewKey[];
  readonly updated: readonly (KeyLimits & { readonly id: number })[];
  readonly removedIds: readonly number[];
  readonly result: readonly KeyAfter[];
  readonly changes: readonly PartChange[];
  readonly problems: readonly Problem[];
};

const nameOf = (key: { dialect: string; label: string; lastFour: string }) =>
  `${key.dialect} …${key.lastFour}${key.label === '' ? '' : ` (${key.label})`}`;

const limitsOf = (key: KeyLimits): KeyLimits => ({
  label: key.label,
  groupId: key.groupId,
  maxRank: key.maxRank,
  actions: key.actions,
  expiresAt: key.expiresAt,
});

const noLimits: KeyLimits = { label: '', groupId: null, maxRank: null, actions: null, expiresAt: null };

function mergeLimits(before: KeyLimits, entry: Entry): KeyLimits {
  return {
    label: given(entry.label, before.label),
    groupId: groupOrNull(entry.groupId, before.groupId),
    maxRank: entry.maxRank === undefined ? before.maxRank : entry.maxRank === null ? null : rank(entry.maxRank),
    actions: given(entry.actions, before.actions),
    expiresAt: momentOrNull(entry.expiresAt, before.expiresAt),
  };
}

function findByEnding(entry: Entry, rows: readonly KeyRow[]): KeyRow | Omit<Problem, 'place'> {
  const alike = rows.filter((row) => row.dialect === entry.dialect && row.lastFour === entry.lastFour);
  const [only, another] = alike;
  if (only === undefined) {
    return {
      problem: `names no ${entry.dialect} key of this workspace`,
      remedy: 'Give the whole key as "value", or issue a new one with `brevet keys issue`.',
    };
  }
  if (another === undefined) return only;
  const labelled = alike.filter((row) => row.label === entry.label);
  const [match] = labelled;
  if (match !== undefined && labelled.length === 1) return match;
  return { problem: 'fits several keys of this workspace', remedy: 'Give the whole key as "value".' };
}

/** `inUse`: those of the document's values that some key anywhere has, in this workspace or another. */
export function mergeKeys(rows: readonly KeyRow[], document: WorkspaceDocument, inUse: ReadonlySet<string>): KeyMerge {
  const entries = document.keys;
  const live = rows.filter((row) => row.revokedAt === null);
  if (entries === undefined) {
    const result = live.map((row) => ({ dialect: row.dialect, ...limitsOf(row), place: null }));
    return { added: [], updated: [], removedIds: [], result, changes: [], problems: [] };
  }
  const problems: Problem[] = [];
  const added: NewKey[] = [];
  const updated: KeyRow[] = [];
  const result: KeyAfter[] = [];
  const named = new Map<number, string>();

  for (const [index, entry] of entries.entries()) {
    const place = `keys[${index}]`;
    const { value } = entry;
    const hash = value === undefined ? null : hashOf(value);
    const found =
      hash === null ? findByEnding(entry, live) : (rows.find((candidate) => candidate.secretHash.equals(hash)) ?? null);
    if (found !== null && 'problem' in found) {
      problems.push({ place: `${place}.lastFour`, ...found });
      continue;
    }
    if (found === null) {
      const secret = value ?? '';
      if (inUse.has(secret)) {
        problems.push({
          place: `${place}.value`,
          problem: 'is in use already',
          remedy: 'A key opens one door only: issue a new one.',
        });
        continue;
      }
      const key: NewKey = {
        dialect: entry.dialect,
        secret,
        keepsSecret: keysShownAgain.has(entry.dialect),
        ...mergeLimits(noLimits, entry),
      };
      added.push(key);
      result.push({ dialect: key.dialect, ...limitsOf(key), place });
      continue;
    }
    if (found.revokedAt !== null) {
      problems.push({
        place: `${place}.value`,
        problem: 'was revoked, and a revoked key does not come back',
        remedy: 'Remove the entry, or issue a new key.',
      });
      continue;
    }
    if (found.dialect !== entry.dialect) {
      problems.push({
        place: `${place}.dialect`,
        problem: `must be ${found.dialect}: a key keeps its dialect`,
        remedy: 'For another dialect issue another key.',
      });
      continue;
    }
    const earlier = named.get(found.id);
    if (earlier !== undefined) {
      problems.push({ place, problem: `is the same key as ${earlier}`, remedy: 'Keep one of them.' });
      continue;
    }
    named.set(found.id, place);
    const after = { ...found, ...mergeLimits(found, entry) };
    if (!isDeepStrictEqual(limitsOf(found), limitsOf(after))) updated.push(after);
    result.push({ dialect: after.dialect, ...limitsOf(after), place });
  }

  const unnamed = live.filter((row) => !named.has(row.id));
  const removed = document.prune === true ? unnamed : [];
  if (document.prune !== true) {
    result.push(...unnamed.map((row) => ({ dialect: row.dialect, ...limitsOf(row), place: null })));
  }
  return {
    added,
    updated: updated.map((row) => ({ id: row.id, ...limitsOf(row) })),
    removedIds: removed.map((row) => row.id),
    result,
    changes: [
      ...partChange(
        'keys',
        'added',
        added.map((key) => nameOf({ ...key, lastFour: key.secret.slice(-4) })),
      ),
      ...partChange('keys', 'updated', updated.map(nameOf)),
      ...partChange('keys', 'removed', removed.map(nameOf)),
    ],
    problems,
  };
}
