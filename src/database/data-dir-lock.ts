/**
 * One server per DATA_DIR. The lock is a listening socket, not a file with a process id: the system closes it with its
 * holder, however that one ends, so a lock is never stale, a reused id or a zombie cannot fool it, and two containers that
 * share a volume see each other.
 *
 * Each candidate listens on a socket of its own in `DATA_DIR/lock` and shows it under its final name only then. It looks at
 * the others afterwards, so of two that start together at least one sees the other; of those the smaller name wins.
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { socketPathFits } from './socket-path.ts';

export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';
  readonly dataDir: string;
  readonly pid: number | null;

  constructor(dataDir: string, pid: number | null) {
    super(
      `${dataDir} is in use by another Brevet server${pid === null ? '' : ` (process ${pid})`}. Stop that one first, or give this one a folder of its own with DATA_DIR; to run several servers over the same data, set DATABASE_URL.`,
    );
    this.dataDir = dataDir;
    this.pid = pid;
  }
}

export type DataDirLock = { release(): Promise<void> };

type Standing = 'candidate' | 'holder';
type Answer = Standing | 'gone';

const answerTimeoutMs = 2000;
const candidateRetryMs = 25;

/** What the process behind a socket says it is. Whoever accepts but does not answer (stopped, very busy) counts as holder. */
function ask(address: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerTimeoutMs, () => {
      resolve('holder');
      socket.destroy();
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    // an end without a word is a holder that is just closing its socket
    socket.on('end', () => resolve(text === 'candidate' || text === 'holder' ? text : 'gone'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(
        error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ECONNRESET' ? 'gone' : 'holder',
      );
    });
  });
}

async function listen(address: string, standing: () => string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}); // the other side may have gone already
    socket.end(standing());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.unref();
  return server;
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A folder whose sockets can be addressed although its path is too long for the system's socket addresses. */
type SocketFolder = { readonly folder: string; address(name: string): string; close(): void };

function openSocketFolder(folder: string, longestName: string): SocketFolder | null {
  if (socketPathFits(path.join(folder, longestName))) {
    return { folder, address: (name) => path.join(folder, name), close: () => {} };
  }
  if (process.platform !== 'linux') return null;
  const descriptor = openSync(folder, 'r');
  return {
    folder,
    address: (name) => `/proc/self/fd/${descriptor}/${name}`,
    close: () => closeSync(descriptor),
  };
}

function fingerprint(dataDir: string): string {
  return createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
}

const noSocketsHere = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EINVAL', 'ENAMETOOLONG']);

/** Some shared folders hold no sockets, and some paths are too long for one: then they stand in the temporary folder. */
async function listenAsCandidate(
  dataDir: string,
  name: string,
  standing: () => string,
): Promise<{ server: net.Server; sockets: SocketFolder }> {
  const folders = [path.join(dataDir, 'lock'), path.join(os.tmpdir(), `brevet-lock-${fingerprint(dataDir)}`)];
  for (const folder of folders) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const sockets = openSocketFolder(folder, `new-${name}`);
    if (sockets === null) continue;
    try {
      const server = await listen(sockets.address(`new-${name}`), standing);
      await rename(path.join(folder, `new-${name}`), path.join(folder, name));
      return { server, sockets };
    } catch (error) {
      sockets.close();
      if (!noSocketsHere.has(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  }
  throw new Error(
    `${dataDir} cannot be locked: neither it nor ${os.tmpdir()} can hold a socket. Choose another DATA_DIR.`,
  );
}

const namePattern = /^(\d+)-[0-9a-f]{16}$/;

async function lockWithSockets(dataDir: string): Promise<DataDirLock> {
  let standing: Standing = 'candidate';
  const name = `${process.pid}-${randomBytes(8).toString('hex')}`;
  const { server, sockets } = await listenAsCandidate(dataDir, name, () => standing);
  const release = async () => {
    await rm(path.join(sockets.folder, name), { force: true });
    await close(server);
    sockets.close();
  };
  try {
    for (const other of await readdir(sockets.folder)) {
      const pid = namePattern.exec(other)?.[1];
      if (pid === undefined || other === name) continue;
      let answer = await ask(sockets.address(other));
      while (answer === 'candidate' && name < other) {
        await wait(candidateRetryMs);
        answer = await ask(sockets.address(other));
      }
      if (answer !== 'gone') throw new DataDirInUse(dataDir, Number(pid));
      await rm(path.join(sockets.folder, other), { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  standing = 'holder';
  return { release };
}

/** Windows: a named pipe exists once in the system and ends with its holder. */
async function lockWithPipe(dataDir: string): Promise<DataDirLock> {
  const address = `\\\\.\\pipe\\brevet-${fingerprint(dataDir.toLowerCase())}`;
  try {
    const server = await listen(address, () => 'holder');
    return { release: () => close(server) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new DataDirInUse(dataDir, null);
    throw error;
  }
}

/** Throws DataDirInUse when another living process holds the folder. The folder must exist. */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const folder = await realpath(dataDir);
  return process.platform === 'win32' ? lockWithPipe(folder) : lockWithSockets(folder);
}
