/**
 * How the cluster is reached: a unix socket in a folder only its account and we may enter, without any TCP port. Windows
 * has no such sockets for PostgreSQL; there it is a loopback port with a random password.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { clusterDatabase, clusterUser } from './cluster.ts';
import type { Style } from './guard.ts';
import type { Placement } from './placement.ts';
import type { Settings } from './settings.ts';
import { socketPathFits } from './socket-path.ts';

export type Connection = {
  /** A socket's folder, or 127.0.0.1. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
};

export type Endpoint = {
  readonly connection: Connection;
  readonly connectionString: string;
  readonly settings: Settings;
  /** Before every start of PostgreSQL: whatever an earlier run left there is gone. */
  clear(): Promise<void>;
  remove(): Promise<void>;
};

// only a part of the socket's name here: no port is opened
const socketPort = 5432;

/** In the cluster's home, or, where that path is too long for a socket, in the temporary folder. */
async function socketDir(placement: Placement): Promise<string> {
  const fits = (dir: string) => socketPathFits(path.join(dir, `.s.PGSQL.${socketPort}.lock`));
  const inside = path.join(placement.home, 'socket');
  if (fits(inside)) return inside;
  const name = `brevet-${createHash('sha256').update(placement.home).digest('hex').slice(0, 12)}`;
  const outside = path.join(fits(path.join(os.tmpdir(), `${name}-123456`)) ? os.tmpdir() : '/tmp', name);
  const found = await lstat(outside).catch(() => null);
  if (found === null) return outside;
  // the temporary folder is everybody's: what somebody else put there is neither used nor removed
  const owners = [process.getuid?.(), placement.account?.uid];
  return found.isDirectory() && owners.includes(found.uid) ? outside : mkdtemp(`${outside}-`);
}

/** Ours before it is the account's: mkdir fails where somebody else was quicker. */
async function makePrivate(folder: string, { account }: Placement): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  if (account !== null) await chown(folder, account.uid, account.gid);
}

async function unixSocket(placement: Placement): Promise<Endpoint> {
  const host = await socketDir(placement);
  const connection = { host, port: socketPort, user: clusterUser, database: clusterDatabase };
  return {
    connection,
    connectionString: `postgresql://${clusterUser}@${encodeURIComponent(host)}:${socketPort}/${clusterDatabase}`,
    settings: {
      listen_addresses: '',
      unix_socket_directories: `"${host.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
      port: String(socketPort),
    },
    // like postmaster.pid, the socket's own lock file may name a zombie or somebody else by now; and cleaners of temporary
    // folders may have been here
    clear: async () => {
      await rm(host, { recursive: true, force: true });
      await makePrivate(host, placement);
    },
    remove: () => rm(host, { recursive: true, force: true }),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const passwordFile = (placement: Placement) => path.join(placement.home, 'password');

/** The password initdb gives the cluster's user; null where the socket's folder is the protection. */
export async function clusterPassword(style: Style, placement: Placement): Promise<string | null> {
  if (style === 'unix') return null;
  const file = passwordFile(placement);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, password, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

async function loopback(password: string): Promise<Endpoint> {
  const port = await freePort();
  const connection = { host: '127.0.0.1', port, user: clusterUser, database: clusterDatabase, password };
  return {
    connection,
    connectionString: `postgresql://${clusterUser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${clusterDatabase}`,
    settings: { listen_addresses: '127.0.0.1', port: String(port) },
    clear: async () => {},
    remove: async () => {},
  };
}

export function openEndpoint(placement: Placement, password: string | null): Promise<Endpoint> {
  return password === null ? unixSocket(placement) : loopback(password);
}
