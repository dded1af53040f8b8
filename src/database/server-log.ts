/** PostgreSQL's log file, kept between one and two times `bytesMax`: when it is full it becomes `.1` and starts afresh. */
import { closeSync, openSync } from 'node:fs';
import { copyFile, open, stat, truncate } from 'node:fs/promises';

const bytesMax = 4 * 1024 * 1024;
const checkEveryMs = 60_000;

/** PostgreSQL holds the file open for appending, so it is copied and emptied, never renamed. */
export async function trimLog(file: string): Promise<void> {
  const size = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (size < bytesMax) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}

export function keepTrimmed(file: string): { stop(): void } {
  const timer = setInterval(() => void trimLog(file).catch(() => {}), checkEveryMs); // a full disk must not end the server
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

export async function logSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** What was written since `from`, at most the last 4 KiB: the reason why a start failed stands at the end. */
export async function logTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(Math.min(from, size), size - 4096);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8').trim();
  } finally {
    await handle.close();
  }
}

export function openForAppending(file: string): { descriptor: number; close(): void } {
  const descriptor = openSync(file, 'a', 0o600);
  return { descriptor, close: () => closeSync(descriptor) };
}
