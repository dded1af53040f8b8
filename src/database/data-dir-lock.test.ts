import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { removeTemporaryFolders, temporaryFolder } from '../../test/harness/database-folders.ts';
import { DataDirInUse, lockDataDir } from './data-dir-lock.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await removeTemporaryFolders();
});

/** Another process that listens where a lock of `folder` would. */
async function listenElsewhere(folder: string, name: string): Promise<ChildProcess> {
  await mkdir(path.join(folder, 'lock'), { recursive: true });
  const script = `require('node:net').createServer((s) => s.end('holder')).listen(process.argv[1], () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script, path.join(folder, 'lock', name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('a folder that is held is refused with its name, the holder and what to do', async () => {
  const folder = await temporaryFolder();
  const lock = await lockDataDir(folder);
  const refused = await lockDataDir(folder).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(DataDirInUse);
  expect(refused).toMatchObject({ dataDir: folder, pid: process.pid });
  expect(String(refused)).toMatch(new RegExp(`${folder} is in use .*process ${process.pid}.*DATABASE_URL`));
  await lock.release();
});

test('a released folder is free and holds nothing of the lock', async () => {
  const folder = await temporaryFolder();
  await (await lockDataDir(folder)).release();
  expect(await readdir(path.join(folder, 'lock'))).toEqual([]);
  await (await lockDataDir(folder)).release();
});

test('of many that start together exactly one gets the folder', async () => {
  const folder = await temporaryFolder();
  for (let round = 0; round < 10; round += 1) {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(folder)));
    const won = results.filter((result) => result.status === 'fulfilled');
    const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(won).toHaveLength(1);
    for (const reason of lost) expect(reason).toBeInstanceOf(DataDirInUse);
    for (const { value } of won) await value.release();
  }
});

test('a holder that was killed holds nothing, although its socket is still there', async () => {
  const folder = await temporaryFolder();
  const holder = await listenElsewhere(folder, '4711-00000000000000aa');
  await expect(lockDataDir(folder)).rejects.toThrow('process 4711');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = await lockDataDir(folder);
  expect(await readdir(path.join(folder, 'lock'))).toHaveLength(1);
  await lock.release();
});

test('a dead lock whose process id somebody living has by now is dead all the same', async () => {
  const folder = await temporaryFolder();
  const holder = await listenElsewhere(folder, `${process.pid}-00000000000000aa`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await lockDataDir(folder)).release();
});

test('a holder that accepts but never answers still holds', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'lock'));
  const silent = net.createServer(() => {}).listen(path.join(folder, 'lock', '4711-00000000000000aa'));
  await once(silent, 'listening');
  await expect(lockDataDir(folder)).rejects.toBeInstanceOf(DataDirInUse);
  silent.close();
});

test('other files in the folder of locks do not matter', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'lock'));
  await writeFile(path.join(folder, 'lock', 'README'), '');
  await (await lockDataDir(folder)).release();
});

test('a path too long for a socket is locked too', async () => {
  const folder = path.join(await temporaryFolder(), 'x'.repeat(120), 'y'.repeat(120));
  await mkdir(folder, { recursive: true });
  const lock = await lockDataDir(folder);
  await expect(lockDataDir(folder)).rejects.toBeInstanceOf(DataDirInUse);
  await lock.release();
  await (await lockDataDir(folder)).release();
});
