import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorCommand } from './emulator.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'emulator-command-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function seedFile(text: string): Promise<string> {
  const file = path.join(folder, 'seed.json');
  await writeFile(file, text);
  return file;
}

/** Runs the command where it must fail: its exit code and what it says. */
async function failure(...args: string[]): Promise<{ exitCode: number; text: string }> {
  let text = '';
  const command = emulatorCommand()
    .exitOverride()
    .configureOutput({ writeErr: (line) => (text += line) });
  const error: unknown = await command.parseAsync(args, { from: 'user' }).catch((reason: unknown) => reason);
  if (!(error instanceof CommanderError)) throw new Error(`It did not fail: ${String(error)}`);
  return { exitCode: error.exitCode, text };
}

test('a seed that cannot be played names every place and what to write there', async () => {
  const seed = { users: [{ id: 1 }], groups: [{ id: 5, name: 'Five', roles: [{ id: 6, name: 'R', rank: 999 }] }] };
  const { exitCode, text } = await failure('--port', '0', '--seed', await seedFile(JSON.stringify(seed)));
  expect(exitCode).toBe(2);
  expect(text).toContain('users[0].name: This is missing. Write a string.');
  expect(text).toContain('groups[0].roles[0].rank: A rank is an integer from 0 to 255.');
});

test.each([
  ['a file that is not there', ['--seed', '/nowhere/seed.json'], 'cannot be read (ENOENT)'],
  ['a port that is no number', ['--port', 'http'], '--port is a number from 0 to 65535, not "http"'],
])('%s is exit code 2', async (_what, args, sentence) => {
  const { exitCode, text } = await failure(...args);
  expect([exitCode, text]).toEqual([2, expect.stringContaining(sentence)]);
});

test('a seed that is not JSON is exit code 2', async () => {
  const { exitCode, text } = await failure('--seed', await seedFile('{"users": ['));
  expect([exitCode, text]).toEqual([2, expect.stringContaining('is not JSON')]);
});

test('a port that is taken says so and how to go on', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { exitCode, text } = await failure('--port', String(port));
  other.close();
  expect([exitCode, text]).toEqual([1, expect.stringContaining('--port 0 for any free one')]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'it says where it listens, and %s ends it although a call hangs',
  async (signal) => {
    const program = `import { emulatorCommand } from './src/cli/emulator.ts'; await emulatorCommand().parseAsync(['--port', '0', '--json'], { from: 'user' });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { url, groups } = JSON.parse(line) as { url: string; groups: { id: number }[] };
    expect(groups[0]?.id).toBe(7001);
    await fetch(`${url}/_emulator/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'hang', path: '/v1/groups/7001' }),
    });
    const hanging = fetch(`${url}/groups.roblox.com/v1/groups/7001`).catch(() => 'cut off');
    expect((await fetch(`${url}/groups.roblox.com/v1/groups/7003`)).status).toBe(200);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await hanging).toBe('cut off');
  },
);
