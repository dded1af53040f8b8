/**
 * What a documented field holds, in words, and a check of an answer against it. Neither zod nor Brevet's own table of
 * endpoints is used here on purpose: both were made by whoever made the emulator.
 */

export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'null'
  /** RFC 3339 in UTC, with or without a fraction. */
  | 'time'
  /** An id as text. */
  | 'decimal'
  /** The document names the field and not its contents. */
  | 'anything'
  | RegExp
  | Either
  /** A list that has something in it: an empty one would prove nothing. */
  | readonly [Shape]
  /** Exactly these fields. `name?` may be missing; the field `…` means that the document leaves further ones open. */
  | { readonly [field: string]: Shape };

class Either {
  readonly shapes: readonly Shape[];
  constructor(shapes: readonly Shape[]) {
    this.shapes = shapes;
  }
}
export const either = (...shapes: readonly Shape[]): Shape => new Either(shapes);

/** Where the value is not as documented, as `place: what is wrong`. */
export function mismatches(value: unknown, shape: Shape, place = 'answer'): string[] {
  const wrong = (expected: string) => [`${place}: ${expected}, not ${JSON.stringify(value) ?? 'nothing'}`];
  if (typeof shape === 'string') return isSimple(value, shape) ? [] : wrong(shape);
  if (shape instanceof RegExp) return typeof value === 'string' && shape.test(value) ? [] : wrong(String(shape));
  if (shape instanceof Either) {
    const tries = shape.shapes.map((one) => mismatches(value, one, place));
    return tries.some((problems) => problems.length === 0) ? [] : tries.flat();
  }
  if (isList(shape)) {
    if (!Array.isArray(value) || value.length === 0) return wrong('a list with something in it');
    return value.flatMap((entry, index) => mismatches(entry, shape[0], `${place}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('an object');
  const fields = new Map(Object.entries(value));
  const problems = Object.entries(shape).flatMap(([name, expected]) => {
    if (name === '…') return [];
    const field = name.replace(/\?$/, '');
    if (!fields.has(field)) return name === field ? [`${place}.${field}: missing`] : [];
    return mismatches(fields.get(field), expected, `${place}.${field}`);
  });
  if ('…' in shape) return problems;
  const undocumented = [...fields.keys()].filter((field) => !(field in shape) && !(`${field}?` in shape));
  return [...problems, ...undocumented.map((field) => `${place}.${field}: not documented`)];
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

function isSimple(value: unknown, shape: Extract<Shape, string>): boolean {
  switch (shape) {
    case 'time':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value);
    case 'decimal':
      return typeof value === 'string' && /^[1-9]\d*$/.test(value);
    case 'null':
      return value === null;
    case 'anything':
      return true;
    default:
      return typeof value === shape;
  }
}
