/** `brevet demo`, as the README's first screen uses it. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import { afterEach, expect, test } from 'vitest';
import type { DemoFacts } from '../../src/demo.ts';
import { endPrograms, runProgram } from '../harness/program.ts';

afterEach(endPrograms);

const demoFolders = () => readdirSync(os.tmpdir()).filter((name) => name.startsWith('brevet-demo-'));

test('one line of JSON, a promotion that the played Roblox agrees with, and nothing left after Ctrl-C', async () => {
  const before = demoFolders();
  const demo = runProgram(['demo', '--json', '--port', '0', '--emulator-port', '0']);
  const facts = await demo.firstJson<DemoFacts>();
  expect(Object.keys(facts)).toEqual(['url', 'emulatorUrl', 'dashboard', 'keys', 'groupId', 'serverId', 'users']);
  expect(facts.dashboard).toEqual({ email: null, password: null });

  const headers = { 'x-api-key': facts.keys.wesk, 'content-type': 'application/json' };
  const send = (what: string, robloxUserId: number) =>
    fetch(`${facts.url}/v1/groups/${facts.groupId}/${what}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ robloxUserId }),
    });
  for (const player of facts.users.promotable.slice(0, 2)) {
    const answer = await send('promote', player);
    expect(answer.status).toBe(200);
    const { fromRank, toRank } = (await answer.json()) as { fromRank: number; toRank: number };
    expect(toRank).toBeGreaterThan(fromRank);
    const seen = await fetch(`${facts.emulatorUrl}/groups.roblox.com/v2/users/${player}/groups/roles`);
    const { data } = (await seen.json()) as { data: { group: { id: number }; role: { rank: number } }[] };
    expect(data.find(({ group }) => group.id === facts.groupId)?.role.rank).toBe(toRank);
  }
  expect((await send('promote', facts.users.blacklisted)).status).toBe(403);
  expect((await fetch(`${facts.url}/readyz`)).status).toBe(200);
  expect(await (await fetch(facts.url)).text()).toContain('Brevet is running');

  demo.kill('SIGINT');
  expect(await demo.ended()).toEqual({ code: 0, signal: null });
  expect(demo.stdout().trim().split('\n')).toHaveLength(1);
  expect(demoFolders()).toEqual(before);
});

test('without --json it says how to promote a player, and the curl it prints works', async () => {
  const demo = runProgram(['demo', '--port', '0', '--emulator-port', '0']);
  const text = await new Promise<string>((resolve, reject) => {
    demo.child.stdout?.on('data', () => demo.stdout().includes('Stop with Ctrl-C.') && resolve(demo.stdout()));
    demo.child.once('exit', () => reject(new Error(demo.stderr())));
  });
  const [, url = ''] = /curl -X POST (\S+)/.exec(text) ?? [];
  const [, key = ''] = /X-Api-Key: (\S+)"/.exec(text) ?? [];
  const [, body = ''] = /-d '(.+)'/.exec(text) ?? [];
  const answer = await fetch(url, { method: 'POST', headers: { 'x-api-key': key }, body });
  expect(await answer.json()).toMatchObject({ fromRank: 3, toRank: 5 });
  demo.kill('SIGTERM');
  expect((await demo.ended()).code).toBe(0);
});

test('a port that is taken: which option to use instead', async () => {
  const first = runProgram(['demo', '--json', '--port', '0', '--emulator-port', '0']);
  const { url } = await first.firstJson<DemoFacts>();
  const second = runProgram(['demo', '--json', '--port', new URL(url).port, '--emulator-port', '0']);
  expect((await second.ended()).code).toBe(1);
  expect(second.stderr()).toMatch(/taken.*--port 0/);
  expect(second.stdout()).toBe('');
  first.kill('SIGINT');
  await first.ended();
});

test.each([
  ['--port', 'lots'],
  ['--emulator-port', '70000'],
])('%s %s: exit code 2 and the remedy', async (option, value) => {
  const demo = runProgram(['demo', option, value]);
  expect((await demo.ended()).code).toBe(2);
  expect(demo.stderr()).toContain(option);
  expect(existsSync('data')).toBe(false);
});
