/** Lists meet by natural key: what the document names is added or brought up to date, what it does not name stays or goes. */
import { isDeepStrictEqual } from 'node:util';

export type ListMerge<Row> = {
  readonly added: readonly Row[];
  readonly updated: readonly Row[];
  readonly removed: readonly Row[];
  /** What there will be. */
  readonly result: readonly Row[];
};

export function mergeList<Row, Entry>(
  rows: readonly Row[],
  /** Undefined: the document does not have the list; nothing changes, whatever `prune` says. */
  entries: readonly Entry[] | undefined,
  how: {
    readonly keyOfRow: (row: Row) => string;
    readonly keyOfEntry: (entry: Entry) => string;
    /** What the entry makes of the row; null: of nothing. */
    readonly merge: (row: Row | null, entry: Entry) => Row;
    readonly prune: boolean;
  },
): ListMerge<Row> {
  if (entries === undefined) return { added: [], updated: [], removed: [], result: rows };
  const before = new Map(rows.map((row) => [how.keyOfRow(row), row]));
  const named = new Map(entries.map((entry) => [how.keyOfEntry(entry), entry]));
  const added = [...named].flatMap(([key, entry]) => (before.has(key) ? [] : [how.merge(null, entry)]));
  const updated: Row[] = [];
  const removed: Row[] = [];
  const result: Row[] = [];
  for (const [key, row] of before) {
    const entry = named.get(key);
    if (entry === undefined) {
      (how.prune ? removed : result).push(row);
      continue;
    }
    const after = how.merge(row, entry);
    result.push(after);
    if (!isDeepStrictEqual(row, after)) updated.push(after);
  }
  return { added, updated, removed, result: [...result, ...added] };
}

/** What is given replaces; what is left out stays. */
export function given<T>(value: T | undefined, before: T): T {
  return value === undefined ? before : value;
}
