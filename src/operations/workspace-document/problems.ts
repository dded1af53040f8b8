/** zod's issues as problems with a place; the sentences themselves stand beside the fields. */
import type { z } from 'zod';
import { type Problem, placeOf } from '../../domain/problem.ts';

const problemsMax = 100;

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    input,
  );
}

function problemsOf(issue: z.core.$ZodIssue, input: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      place: placeOf([...issue.path, key]),
      problem: 'is not a known field',
      remedy: 'Check its spelling, or remove it.',
    }));
  }
  // a record: the key is not one of the names
  const own = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const isMissing = issue.code !== 'custom' && valueAt(input, issue.path) === undefined;
  // zod's own sentences only come up where an object or a list is expected
  const said = own.startsWith('Invalid input: expected ')
    ? own.replace(/^Invalid input: expected (\w+).*$/, 'must be of type $1')
    : own;
  return [{ place: placeOf(issue.path), problem: isMissing ? `is missing; it ${said}` : said }];
}

/** At most the first hundred: whoever has more has one mistake that repeats. */
export function problemsIn(error: z.ZodError, input: unknown): Problem[] {
  const problems = error.issues.slice(0, problemsMax).flatMap((issue) => problemsOf(issue, input));
  // two checks of one field may say the same
  const distinct = new Map(problems.map((problem) => [`${problem.place} ${problem.problem}`, problem]));
  return [...distinct.values()].slice(0, problemsMax);
}
