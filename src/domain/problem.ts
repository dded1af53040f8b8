/** One thing that is wrong in something handed in, said so that whoever wrote it can mend it. */
export type Problem = {
  /** Where: `keys[0].maxRank`; `(document)` is the whole. */
  readonly place: string;
  readonly problem: string;
  readonly remedy?: string;
};

/** `['keys', 0, 'maxRank']` → `keys[0].maxRank`. */
export function placeOf(path: readonly PropertyKey[]): string {
  const place = path.reduce<string>((left, step) => {
    if (typeof step === 'number') return `${left}[${step}]`;
    const name = String(step);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${left}[${JSON.stringify(name)}]`;
    return left === '' ? name : `${left}.${name}`;
  }, '');
  return place === '' ? '(document)' : place;
}
