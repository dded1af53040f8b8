/** Broken documents, hundreds of them: each is applied or refused with a place, and a refused one leaves no trace. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminToken, type Brevet, startBrevet } from '../../test/harness/brevet.ts';

let brevet: Brevet;
beforeAll(async () => {
  brevet = await startBrevet();
});
afterAll(() => brevet.close());

type Path = (string | number)[];
const example = readFileSync(path.join(import.meta.dirname, '../../docs/workspace.example.json'), 'utf8').replaceAll(
  /\{\s*"(?:env|file)": "([^"]+)"\s*\}/g,
  '"secret of $1"',
);

function pathsIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inside = Object.entries(value).flatMap(([name, inner]) =>
    pathsIn(inner, [...at, Array.isArray(value) ? Number(name) : name]),
  );
  return [at, ...inside];
}

function changed(document: unknown, at: Path, change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = at;
  if (step === undefined) return change(document);
  const copy: Record<string | number, unknown> = Array.isArray(document)
    ? ([...document] as never)
    : { ...(document as object) };
  copy[step] = changed(copy[step], rest, change);
  return copy;
}

const oddities = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '\u0000',
    '\ud800',
    '',
    ' ',
    -1,
    0,
    0.5,
    256,
    2 ** 53,
    1e308,
    true,
    null,
    [],
    {},
    '7001',
    'x'.repeat(5000),
  ),
  fc.constantFrom<unknown>(
    { env: 'PATH' },
    { file: '/etc/passwd' },
    '2027-02-31T00:00:00Z',
    '0000-01-01T00:00:00Z',
    "'; drop table workspaces; --",
  ),
);
const edit = fc.record({
  at: fc.constantFrom(...pathsIn(JSON.parse(example))),
  how: fc.constantFrom('replace', 'remove', 'repeat', 'add'),
  value: oddities,
});

function apply(document: unknown, { at, how, value }: { at: Path; how: string; value: unknown }): unknown {
  return changed(document, at, (before) => {
    if (how === 'remove') return undefined;
    if (how === 'repeat' && Array.isArray(before)) return [...before, ...before];
    if (how === 'add' && typeof before === 'object' && before !== null && !Array.isArray(before))
      return { ...before, ['extra field']: value };
    return value;
  });
}

test('five hundred damaged examples: no 5xx, a place for every refusal, and the refused change nothing', async () => {
  const url = '/_/api/v1/workspaces/acme/document';
  const headers = { authorization: `Bearer ${adminToken}` };
  const read = async () => (await brevet.call(url, { headers })).text;
  const seen = new Map<number, number>();
  let present = await read();
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      let document = JSON.parse(example);
      for (const one of edits) {
        try {
          document = apply(document, one);
        } catch {
          // an earlier edit took away what this one is about
        }
      }
      const answer = await brevet.call(url, { method: 'PUT', headers, body: JSON.stringify(document) ?? '' });
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      if (answer.status === 200) {
        present = await read();
        return;
      }
      expect([answer.status, answer.text]).toEqual([400, answer.text]);
      const { errors, detail } = answer.json as { errors?: { place: string; problem: string }[]; detail?: string };
      // what is no JSON object at all has no places
      if (errors === undefined) expect(detail).toMatch(/body/i);
      else for (const error of errors) expect([error.place, error.problem]).not.toContain('');
      expect(await read()).toBe(present);
    }),
    { numRuns: 500 },
  );
  // both happened, or this test shows nothing
  expect(seen.get(200)).toBeGreaterThan(10);
  expect(seen.get(400)).toBeGreaterThan(100);
}, 300_000);
