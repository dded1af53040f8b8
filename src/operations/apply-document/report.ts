/** What an application of the document did, or would do: a line for each part, with names a person recognises. */

export type PartChange = {
  /** A part of the document: `keys`, `workspace`, `rankCentre.offers`. */
  readonly part: string;
  readonly change: 'added' | 'updated' | 'removed';
  readonly count: number;
  /** The first of them. */
  readonly names: readonly string[];
};

export type ApplyReport = {
  readonly slug: string;
  readonly isNew: boolean;
  readonly isDryRun: boolean;
  readonly isChanged: boolean;
  readonly changes: readonly PartChange[];
  /** Parts that were checked and stored, and take effect with the version that has their feature. */
  readonly keptParts: readonly string[];
};

const namesMax = 20;

export function partChange(part: string, change: PartChange['change'], names: readonly string[]): PartChange[] {
  return names.length === 0 ? [] : [{ part, change, count: names.length, names: names.slice(0, namesMax) }];
}

export function listChanges<Row>(
  part: string,
  merged: { readonly added: readonly Row[]; readonly updated: readonly Row[]; readonly removed: readonly Row[] },
  nameOf: (row: Row) => string,
): PartChange[] {
  return [
    ...partChange(part, 'added', merged.added.map(nameOf)),
    ...partChange(part, 'updated', merged.updated.map(nameOf)),
    ...partChange(part, 'removed', merged.removed.map(nameOf)),
  ];
}
