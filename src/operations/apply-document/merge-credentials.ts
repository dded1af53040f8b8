/**
 * Which stored credential each of the document's is. A secret is known by the hash of the value last applied, so a cookie
 * that Roblox rotated since is not set back, and two credentials may change places.
 */
import type { Problem } from '../../domain/problem.ts';
import { credentialPlace } from '../../domain/workspace.ts';
import { hashOf } from '../../storage/secret-box.ts';
import type { CredentialChange } from '../../storage/workspace-changes.ts';
import type { CredentialRow } from '../../storage/workspace-state.ts';
import type { WorkspaceDocument } from '../workspace-document.ts';
import { given } from './merge-list.ts';
import { type PartChange, partChange } from './report.ts';

type Entry = NonNullable<WorkspaceDocument['credential']>;
type Slot = { readonly entry: Entry; readonly position: number; readonly place: string };

export type CredentialMerge = {
  readonly saved: readonly CredentialChange[];
  readonly removedIds: readonly number[];
  readonly changes: readonly PartChange[];
  readonly problems: readonly Problem[];
};

function slotsOf(document: WorkspaceDocument): Slot[] {
  const entries = [
    ...(document.credential === undefined ? [] : [{ entry: document.credential, position: 0 }]),
    ...(document.extraCredentials ?? []).map((entry, index) => ({ entry, position: index + 1 })),
  ];
  return entries.map((slot) => ({ ...slot, place: credentialPlace(slot.position) }));
}

/** By the value last applied where there is one, otherwise by place. */
function rowsOf(slots: readonly Slot[], rows: readonly CredentialRow[]): Map<Slot, CredentialRow> {
  const free = new Set(rows);
  const found = new Map<Slot, CredentialRow>();
  const take = (slot: Slot, row: CredentialRow | undefined) => {
    if (row === undefined) return;
    found.set(slot, row);
    free.delete(row);
  };
  for (const slot of slots) {
    const { value } = slot.entry;
    if (value === undefined) continue;
    const hash = hashOf(value);
    const known = [...free].filter((row) => row.appliedHash.equals(hash));
    take(slot, known.find((row) => row.position === slot.position) ?? known[0]);
  }
  for (const slot of slots) {
    if (!found.has(slot))
      take(
        slot,
        [...free].find((row) => row.position === slot.position),
      );
  }
  return found;
}

export function mergeCredentials(rows: readonly CredentialRow[], document: WorkspaceDocument): CredentialMerge {
  const slots = slotsOf(document);
  // a part that the document does not have is left alone, also as a source
  const concerned = rows.filter((row) =>
    row.position === 0 ? document.credential !== undefined : document.extraCredentials !== undefined,
  );
  const found = rowsOf(slots, concerned);
  const problems: Problem[] = [];
  const saved: CredentialChange[] = [];
  const names = { added: [] as string[], updated: [] as string[], removed: [] as string[] };

  for (const slot of slots) {
    const { entry, position, place } = slot;
    const row = found.get(slot);
    const isNewSecret = entry.value !== undefined && row?.appliedHash.equals(hashOf(entry.value)) !== true;
    if (row === undefined && entry.value === undefined) {
      problems.push({
        place: `${place}.value`,
        problem: 'is missing',
        remedy: 'No credential is stored here yet: give its value.',
      });
      continue;
    }
    if (row !== undefined && !isNewSecret && row.kind !== entry.kind) {
      problems.push({
        place: `${place}.kind`,
        problem: `must be ${row.kind}, as stored`,
        remedy: 'To change the kind, give the new value.',
      });
      continue;
    }
    const proxy = given(entry.proxy, row?.proxy ?? null);
    const secret = isNewSecret ? (entry.value ?? null) : null;
    if (row !== undefined && secret === null && row.position === position && row.proxy === proxy) continue;
    saved.push({ id: row?.id ?? null, kind: entry.kind, position, proxy, secret });
    names[row === undefined ? 'added' : 'updated'].push(`${credentialPlace(position)} (${entry.kind})`);
  }

  const taken = new Set([...found.values()].map((row) => row.id));
  const leftOver = concerned.filter((row) => !taken.has(row.id));
  const removed = document.prune === true ? leftOver : [];
  names.removed.push(...removed.map((row) => `${credentialPlace(row.position)} (${row.kind})`));
  if (document.prune !== true) {
    // what stays without being named moves behind what is named, without gaps
    for (const [index, row] of leftOver.entries()) {
      const position = (document.extraCredentials?.length ?? 0) + 1 + index;
      if (row.position !== position)
        saved.push({ id: row.id, kind: row.kind, position, proxy: row.proxy, secret: null });
    }
  }
  return {
    saved,
    removedIds: removed.map((row) => row.id),
    changes: [
      ...partChange('credentials', 'added', names.added),
      ...partChange('credentials', 'updated', names.updated),
      ...partChange('credentials', 'removed', names.removed),
    ],
    problems,
  };
}
