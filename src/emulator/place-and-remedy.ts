/** What is wrong with a document, for the person who wrote it: the place first, then what to write instead. */
import type { z } from 'zod';

/** zod's issues as `groups[0].roles[3].rank: sentence`. */
export function issuesInWords(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const place = placeOf(issue.path);
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return `${place === '' ? 'the whole document' : place}: ${message}`;
  });
}

/** Says what to write instead, where a schema has no words of its own. Given to every `safeParse`. */
export const inWords: { error: z.core.$ZodErrorMap } = {
  error: (issue) => {
    switch (issue.code) {
      case 'invalid_type':
        return issue.input === undefined
          ? `This is missing. Write ${article(issue.expected)}.`
          : `Write ${article(issue.expected)} here, not ${JSON.stringify(issue.input)?.slice(0, 60)}.`;
      case 'unrecognized_keys':
        return `There is no field ${issue.keys.map((key) => `"${key}"`).join(', ')} here. Remove it, or check its spelling.`;
      case 'invalid_value':
        return `Write one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}.`;
      case 'too_small':
        return issue.origin === 'string' || issue.origin === 'array'
          ? `Write at least ${issue.minimum} here.`
          : `Write ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}.`;
      case 'too_big':
        return `At most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''} are allowed here.`;
      default:
        return undefined;
    }
  },
};

function article(type: string): string {
  const name = type === 'array' ? 'list' : type === 'int' ? 'integer' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, step) => {
    if (typeof step === 'number') return `${place}[${step}]`;
    return place === '' ? String(step) : `${place}.${String(step)}`;
  }, '');
}
