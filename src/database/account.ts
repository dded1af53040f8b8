/** The system account PostgreSQL runs as: it refuses to run as root, so root hands it to an unprivileged one. */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import { EmbeddedDatabaseError, useServerInstead } from './embedded-error.ts';

export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** In this order: PostgreSQL's own, macOS's name for it, then the account that every system has. */
const candidates = ['postgres', '_postgres', 'nobody'];

export function parseAccounts(passwd: string): Account[] {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(
      ({ name, uid, gid }) => name !== '' && Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 && gid >= 0,
    );
}

export const runningAsRoot = (): boolean => process.getuid?.() === 0;

/** The account for a new cluster, or null when PostgreSQL may run as we do. */
export async function accountForNewCluster(): Promise<Account | null> {
  if (!runningAsRoot()) {
    requireOwnAccount();
    return null;
  }
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  for (const name of candidates) {
    const account = accounts.find((each) => each.name === name);
    if (account !== undefined) return account;
  }
  throw new EmbeddedDatabaseError(
    `PostgreSQL does not run as root, and this system has none of the accounts ${candidates.join(', ')}. Start Brevet as another user, ${useServerInstead}.`,
  );
}

/** A cluster that exists is run by whom its files belong to: nobody else can. */
export async function accountOfCluster(clusterDir: string): Promise<Account | null> {
  const { uid, gid } = await stat(clusterDir);
  if (process.getuid === undefined) return null;
  if (uid === 0) {
    throw new EmbeddedDatabaseError(
      `The database in ${clusterDir} belongs to root, and PostgreSQL does not run as root. Give it to another user with: chown -R postgres ${clusterDir}`,
    );
  }
  if (runningAsRoot()) return { name: `uid ${uid}`, uid, gid };
  if (uid !== process.getuid()) {
    throw new EmbeddedDatabaseError(
      `The database in ${clusterDir} belongs to uid ${uid}, and this server runs as uid ${process.getuid()}. Start it as the user who created the database (or as root), give the folder to this user with chown -R, or choose another DATA_DIR.`,
    );
  }
  return null;
}

/** initdb asks the system for the name behind our uid and gives up without one, as in containers with arbitrary uids. */
function requireOwnAccount(): void {
  if (process.getuid === undefined) return;
  try {
    os.userInfo();
  } catch {
    throw new EmbeddedDatabaseError(
      `The user this server runs as (uid ${process.getuid()}) has no name on this system, and PostgreSQL cannot create a database without one. Add a line for it to /etc/passwd, run as a named user, ${useServerInstead}.`,
    );
  }
}

/** Whether the account can enter a folder; the system decides, so access lists and read-only mounts count too. */
export function canEnter(account: Account | null, folder: string): Promise<boolean> {
  if (account === null) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const probe = spawn('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], {
      ...asAccount(account),
      cwd: '/',
      stdio: 'ignore',
    });
    probe.once('error', reject);
    probe.once('exit', (code) => resolve(code === 0));
  });
}

export function asAccount(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}
