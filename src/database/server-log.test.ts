import { writeSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { removeTemporaryFolders, temporaryFolder } from '../../test/harness/database-folders.ts';
import { logTail, openForAppending, trimLog } from './server-log.ts';

afterEach(() => removeTemporaryFolders());

const mebibyte = 'x'.repeat(1024 * 1024);

test('a full log is kept as .1 and starts afresh, also for whoever has it open', async () => {
  const file = path.join(await temporaryFolder(), 'postgresql.log');
  await writeFile(file, mebibyte.repeat(4));
  const open = openForAppending(file);
  await trimLog(file);
  expect((await stat(`${file}.1`)).size).toBe(4 * mebibyte.length);
  writeSync(open.descriptor, 'first line afterwards');
  open.close();
  expect(await readFile(file, 'utf8')).toBe('first line afterwards');
});

test('a log that is not full, or not there, is left alone', async () => {
  const file = path.join(await temporaryFolder(), 'postgresql.log');
  await trimLog(file);
  await writeFile(file, 'short');
  await trimLog(file);
  expect(await readFile(file, 'utf8')).toBe('short');
});

test('the tail begins where this run began and is never longer than a screen or two', async () => {
  const file = path.join(await temporaryFolder(), 'postgresql.log');
  await writeFile(file, 'earlier run\nthis run\n');
  expect(await logTail(file, 'earlier run\n'.length)).toBe('this run');
  expect(await logTail(file, 10_000)).toBe('');
  await writeFile(file, mebibyte);
  expect(await logTail(file, 0)).toHaveLength(4096);
});
