/** Secrets of a workspace document that stand elsewhere, `{ "env": … }` and `{ "file": … }`: put in where the command runs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readVariable } from '../config.ts';
import { type Problem, placeOf } from '../domain/problem.ts';

type Path = readonly (string | number)[];

/** Where the document has secrets; a reference anywhere else is just a wrong value. */
const secretPaths: readonly Path[] = [
  ['credential', 'value'],
  ['extraCredentials', '*', 'value'],
  ['keys', '*', 'value'],
];

type Found = { readonly text: string } | { readonly problem: Problem };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function follow(reference: Record<string, unknown>, at: Path, folder: string): Promise<Found | null> {
  const place = placeOf(at);
  const [[kind, target] = [], another] = Object.entries(reference);
  if (another !== undefined || typeof target !== 'string') return null;
  if (kind === 'env') {
    const text = readVariable(target);
    if (text !== undefined && text !== '') return { text };
    return {
      problem: {
        place,
        problem: `names the variable ${target}, which is not set`,
        remedy: 'Set it, or correct its name.',
      },
    };
  }
  if (kind !== 'file') return null;
  const file = path.resolve(folder, target);
  try {
    return { text: (await readFile(file, 'utf8')).trim() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      problem: {
        place,
        problem: `names the file ${file}, which cannot be read (${code})`,
        remedy: 'Correct the path or its permissions.',
      },
    };
  }
}

/** `folder`: where relative paths start, the document's own. What is no reference stays as it is. */
export async function resolveReferences(
  document: unknown,
  folder: string,
): Promise<{ readonly document: unknown; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];

  async function resolve(value: unknown, wanted: Path, at: Path): Promise<unknown> {
    const [step, ...rest] = wanted;
    if (step === undefined) {
      const found = isObject(value) ? await follow(value, at, folder) : null;
      if (found === null) return value;
      if ('text' in found) return found.text;
      problems.push(found.problem);
      return value;
    }
    if (step === '*') {
      if (!Array.isArray(value)) return value;
      return Promise.all(value.map((entry, index) => resolve(entry, rest, [...at, index])));
    }
    if (!isObject(value) || !Object.hasOwn(value, step)) return value;
    return { ...value, [step]: await resolve(value[step], rest, [...at, step]) };
  }

  let resolved = document;
  for (const secretPath of secretPaths) resolved = await resolve(resolved, secretPath, []);
  return { document: resolved, problems };
}
