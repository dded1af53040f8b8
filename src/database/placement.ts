/**
 * Where an embedded cluster lives and who runs it. Normally that is `DATA_DIR/postgresql`. As root, where the unprivileged
 * account cannot reach DATA_DIR (a parent of mode 0700, such as root's home), it is `/var/lib/brevet/<hash of DATA_DIR>`,
 * and DATA_DIR holds a pointer to it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { type Account, accountForNewCluster, accountOfCluster, canEnter, runningAsRoot } from './account.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';

export type Placement = {
  /** Ours; the account may pass through it but not write in it, so it cannot plant links for root to follow. */
  readonly home: string;
  /** PostgreSQL's data directory; made by initdb, so it may not exist yet. */
  readonly clusterDir: string;
  /** The account's folder for what initdb is still working on. */
  readonly workDir: string;
  readonly logFile: string;
  /** Where PostgreSQL's programs are copied to when they must be. */
  readonly copiesDir: string;
  /** Null: PostgreSQL runs as we do. */
  readonly account: Account | null;
};

const systemDir = '/var/lib/brevet';
const pointerName = 'postgresql-location.json';

function describe(home: string, copiesDir: string, account: Account | null): Placement {
  return {
    home,
    clusterDir: path.join(home, 'data', 'cluster'),
    workDir: path.join(home, 'data'),
    logFile: path.join(home, 'postgresql.log'),
    copiesDir,
    account,
  };
}

async function makeFolders(placement: Placement): Promise<void> {
  const { home, workDir, account } = placement;
  await mkdir(home, { recursive: true });
  await chmod(home, account === null ? 0o700 : 0o711);
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  if (account !== null) await chown(workDir, account.uid, account.gid);
}

async function readPointer(dataDir: string): Promise<string | null> {
  const file = path.join(dataDir, pointerName);
  if (!existsSync(file)) return null;
  const text = await readFile(file, 'utf8');
  try {
    const { home } = JSON.parse(text) as { home?: unknown };
    if (typeof home === 'string' && path.isAbsolute(home)) return home;
  } catch {
    // said below
  }
  throw new EmbeddedDatabaseError(
    `${file} should say where the database is, as {"home":"/var/lib/brevet/…"}, and does not. Restore it from a backup, or remove it to start with an empty database.`,
  );
}

/** The DATA_DIR whose database a home outside of it is. */
const ownerOf = (home: string): Promise<string | null> => readFile(path.join(home, 'owner'), 'utf8').catch(() => null);

/** A pointer is followed only to a home that says it belongs to this DATA_DIR: a copied folder must not share a database. */
async function followPointer(dataDir: string, home: string): Promise<Placement> {
  const placement = describe(home, systemDir, null);
  const owner = await ownerOf(home);
  if (owner === null) {
    // the pointer is written first: nothing was created yet, or the database was removed by hand
    return newSystemHome(dataDir, home);
  }
  if (owner !== dataDir) {
    const previous = await readPointer(owner).catch(() => null);
    if (previous === home) {
      throw new EmbeddedDatabaseError(
        `${dataDir} is a copy of ${owner}: both point to the database in ${home}. Remove ${path.join(dataDir, pointerName)} to give the copy an empty database of its own.`,
      );
    }
    await writeDurably(path.join(home, 'owner'), dataDir); // DATA_DIR was moved
  }
  const account = existsSync(placement.clusterDir)
    ? await accountOfCluster(placement.clusterDir)
    : await accountForNewCluster();
  return { ...placement, account };
}

async function newSystemHome(dataDir: string, home: string): Promise<Placement> {
  const placement = describe(home, systemDir, await accountForNewCluster());
  await mkdir(systemDir, { recursive: true });
  await chmod(systemDir, 0o755); // the account passes through, whatever our umask is
  await writeDurably(path.join(dataDir, pointerName), `${JSON.stringify({ home })}\n`);
  await makeFolders(placement);
  if (!(await canEnter(placement.account, home))) {
    throw new EmbeddedDatabaseError(
      `The account ${placement.account?.name} that runs PostgreSQL can reach neither ${dataDir} nor ${home}. Choose a DATA_DIR whose parent folders it may pass through (chmod o+x), or start Brevet as another user than root.`,
    );
  }
  await writeDurably(path.join(home, 'owner'), dataDir);
  return placement;
}

async function writeDurably(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  await syncFolder(path.dirname(file));
}

/** A rename survives a power failure only when its folder is written too. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The real path of DATA_DIR, created when it is missing. */
export async function openDataDir(dataDir: string): Promise<string> {
  try {
    // root's may be passed through: its account must reach the cluster inside; the secrets in it are 0600
    await mkdir(dataDir, { recursive: true, mode: runningAsRoot() ? 0o711 : 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (error) {
    throw new EmbeddedDatabaseError(
      `DATA_DIR ${dataDir} cannot be created or written (${(error as Error).message}). Create it for the user that runs Brevet, or choose another folder.`,
    );
  }
}

/** Decides where the cluster of `dataDir` (a real path) lives, and makes the folders around it. */
export async function placeCluster(dataDir: string, log: (line: string) => void): Promise<Placement> {
  const pointer = await readPointer(dataDir);
  if (pointer !== null) {
    if (!runningAsRoot()) {
      throw new EmbeddedDatabaseError(
        `The database of ${dataDir} was created by root and lives in ${pointer}. Start Brevet as root again, or choose another DATA_DIR.`,
      );
    }
    const placement = await followPointer(dataDir, pointer);
    await makeFolders(placement);
    return placement;
  }
  const home = path.join(dataDir, 'postgresql');
  const inside = describe(home, dataDir, null);
  if (existsSync(inside.clusterDir)) {
    const account = await accountOfCluster(inside.clusterDir);
    if (!(await canEnter(account, home))) {
      throw new EmbeddedDatabaseError(
        `The database in ${inside.clusterDir} belongs to ${account?.name}, who cannot reach it: a parent folder does not let others pass. Open it with chmod o+x, or give the folder to its user's own.`,
      );
    }
    return { ...inside, copiesDir: account === null ? dataDir : systemDir, account };
  }
  const account = await accountForNewCluster();
  if (await canEnter(account, dataDir)) {
    const placement = { ...inside, copiesDir: account === null ? dataDir : systemDir, account };
    await makeFolders(placement);
    return placement;
  }
  const systemHome = path.join(systemDir, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  if (existsSync(systemHome)) {
    // DATA_DIR was emptied, its database was not: never taken up again unasked, never thrown away
    const aside = `${systemHome}.before-${new Date().toISOString().replaceAll(':', '')}`;
    await rename(systemHome, aside);
    log(
      `${dataDir} is new; the database that an earlier folder of this name had is kept in ${aside} (remove it if unused)`,
    );
  }
  return newSystemHome(dataDir, systemHome);
}

/** Removes the cluster of `dataDir` wherever it lives. Its server must be stopped. */
export async function removeCluster(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  const real = await realpath(dataDir);
  const elsewhere = await readPointer(real);
  if (elsewhere !== null && (await ownerOf(elsewhere)) === real) await rm(elsewhere, { recursive: true, force: true });
  await rm(path.join(real, 'postgresql'), { recursive: true, force: true });
  await rm(path.join(real, pointerName), { force: true });
}
