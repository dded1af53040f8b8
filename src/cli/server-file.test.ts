import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning, readServerFile, removeServerFile, writeServerFile } from './server-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-server-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = () => path.join(folder, 'data/server.json');
const server = { url: 'http://127.0.0.1:3000', token: 'the-command-token', pid: process.pid };

test('is read back as it was written, and only its owner may read it', async () => {
  await writeServerFile(path.join(folder, 'data'), server);
  expect(await readServerFile(path.join(folder, 'data'))).toEqual(server);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test('a second server takes the file over; the first one leaves it there', async () => {
  const dataDir = path.join(folder, 'data');
  await writeServerFile(dataDir, server);
  const second = { ...server, pid: process.pid + 1, token: 'the-second-token' };
  await writeServerFile(dataDir, second);
  await removeServerFile(dataDir);
  expect(await readServerFile(dataDir)).toEqual(second);
  await writeServerFile(dataDir, server);
  await removeServerFile(dataDir);
  expect(await readServerFile(dataDir)).toBeNull();
});

test.each(['', 'not json', '{"url":1}', 'null', '{"url":"http://x","token":"t"}'])(
  '%j says nothing',
  async (content) => {
    await writeFile(path.join(folder, 'server.json'), content);
    expect(await readServerFile(folder)).toBeNull();
    expect(await readFile(path.join(folder, 'server.json'), 'utf8')).toBe(content);
  },
);

test('a process is running or it is not', () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(2 ** 22 + 1)).toBe(false);
});
