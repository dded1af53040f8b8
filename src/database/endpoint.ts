/**
 * How the cluster is reached: a unix socket in a folder only its account and we may enter, without any TCP port. Windows
 * has no such sockets for PostgreSQL; there it is a loopback port with a random password.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { clusterDatabase, clusterUser } from './cluster.ts';
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
  remove(): Promise<void>;
};

// only a part of the socket's name here: no port is opened
const socketPort = 5432;

async function socketDir(placement: Placement): Promise<string> {
  const inside = path.join(placement.home, 'socket');
  const fits = (dir: string) => socketPathFits(path.join(dir, `.s.PGSQL.${socketPort}.lock`));
  if (fits(inside)) {
    await mkdir(inside, { recursive: true });
    return inside;
  }
  const name = `brevet-${createHash('sha256').update(placement.home).digest('hex').slice(0, 12)}`;
  const base = fits(path.join(os.tmpdir(), name)) ? os.tmpdir() : '/tmp';
  const outside = path.join(base, name);
  await mkdir(outside, { mode: 0o700 }).catch(() => {});
  // the temporary folder is everybody's: a folder that somebody else put there is not used
  const found = await lstat(outside);
  const owners = [process.getuid?.(), placement.account?.uid];
  if (found.isDirectory() && owners.includes(found.uid) && (found.mode & 0o022) === 0) return outside;
  return mkdtemp(`${outside}-`);
}

async function unixSocket(placement: Placement): Promise<Endpoint> {
  const host = await socketDir(placement);
  await chmod(host, 0o700);
  if (placement.account !== null) await chown(host, placement.account.uid, placement.account.gid);
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
export async function clusterPassword(placement: Placement): Promise<string | null> {
  if (process.platform !== 'win32') return null;
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
    remove: async () => {},
  };
}

export function openEndpoint(placement: Placement, password: string | null): Promise<Endpoint> {
  return password === null ? unixSocket(placement) : loopback(password);
}
