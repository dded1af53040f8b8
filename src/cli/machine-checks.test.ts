import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkDataDir, checkNode, checkPublicUrl } from './machine-checks.ts';

test.each([
  ['18.20.0', 'broken'],
  ['20.18.3', 'broken'],
  ['20.19.0', 'ok'],
  ['21.7.0', 'broken'],
  ['22.11.0', 'broken'],
  ['22.12.0', 'ok'],
  ['24.1.0', 'ok'],
])('Node %s is %s', (installed, state) => {
  expect(checkNode(installed).state).toBe(state);
});

test.each([
  [null, 'ok'],
  ['https://ranks.example.com', 'ok'],
  ['http://localhost:3000', 'ok'],
  ['http://127.0.0.1:3000', 'ok'],
  ['http://ranks.example.com', 'warning'],
])('PUBLIC_URL %s is %s', (url, state) => {
  expect(checkPublicUrl(url).state).toBe(state);
});

test('DATA_DIR: there, not there yet, and in a place that is no folder', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-checks-'));
  await chmod(folder, 0o700);
  expect(await checkDataDir(folder)).toMatchObject({ state: 'ok', message: folder });
  const missing = path.join(folder, 'a/b');
  expect(await checkDataDir(missing)).toMatchObject({ state: 'ok', message: `${missing} (made at the first start)` });
  expect(await checkDataDir('/dev/null/brevet')).toMatchObject({ state: 'broken', remedy: expect.any(String) });
  await rm(folder, { recursive: true });
});
