/** The command line itself: what is wrongly asked, what explains itself, and the program as a process. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { CommandLine } from '../../test/harness/command-line.ts';
import { buildProgram } from './program.ts';

const brevet = new CommandLine();

test.each([
  [[]],
  [['nonsense']],
  [['apply']],
  [['apply', 'a.json', 'b.json']],
  [['apply', 'a.json', '--force']],
  [['keys']],
  [['keys', 'issue', 'acme']],
  [['keys', 'issue', 'acme', 'dashboard']],
  [['keys', 'issue', 'acme', 'wesk', '--max-rank', 'high']],
  [['keys', 'issue', 'acme', 'wesk', '--max-rank', '999']],
  [['keys', 'issue', 'acme', 'wesk', '--actions', 'fly']],
  [['keys', 'issue', 'acme', 'wesk', '--expires', 'tomorrow']],
  [['keys', 'list', 'NOT A SLUG']],
  [['keys', 'revoke', 'acme', '../../etc']],
  [['document', 'a/../b']],
  [['start', 'now']],
  [['demo', '--port', '-1']],
])('%j: exit code 2, words on stderr, nothing on stdout, nothing changed', async (args) => {
  vi.stubEnv('DATABASE_URL', brevet.brevet.connectionString);
  const keys = () => brevet.brevet.query('select * from api_keys order by id');
  const before = await keys();
  const { exitCode, stdout, stderr } = await brevet.run(...args);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr.length).toBeGreaterThan(20);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(await keys()).toEqual(before);
});

test('every command explains itself, with an example, and has --json', () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  const commands = leaves(buildProgram());
  const names = ['start', 'demo', 'apply', 'document', 'issue', 'list', 'revoke', 'migrate', 'doctor', 'emulator'];
  expect(commands.map((command) => command.name())).toEqual(expect.arrayContaining(names));
  for (const command of commands) {
    const chunks: string[] = [];
    command.configureOutput({ writeOut: (chunk) => void chunks.push(chunk) }).outputHelp();
    const help = chunks.join('');
    expect([command.name(), help]).toEqual([command.name(), expect.stringContaining('--json')]);
    expect([command.name(), help]).toEqual([command.name(), expect.stringMatching(/Examples?:\n {2}brevet /)]);
  }
});

test('the program as a process: standard input, standard output, exit code', async () => {
  const program = (input: string, ...args: string[]) => {
    const main = path.join(import.meta.dirname, '../main.ts');
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], {
      env: { ...process.env, ...brevet.environment() },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(input);
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    return Promise.all([exit, text(child.stdout), text(child.stderr)]);
  };
  const document = {
    workspace: { slug: 'piped', name: 'Piped' },
    keys: [{ dialect: 'viscra', value: 'the-piped-key-of-viscra' }],
  };
  const [exitCode, stdout, stderr] = await program(JSON.stringify(document), 'apply', '-', '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ slug: 'piped', isChanged: true });
  const [wrong, , words] = await program('{', 'apply', '-');
  expect([wrong, words]).toEqual([2, expect.stringContaining('Standard input is not JSON')]);
});
