/** PostgreSQL's data directory: made whole or not at all, and opened only by the major version that made it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Account, asAccount } from './account.ts';
import { type Binaries, postgresMajor } from './binaries.ts';
import { EmbeddedDatabaseError } from './embedded-error.ts';
import { type Placement, syncFolder } from './placement.ts';

export const clusterUser = 'brevet';
export const clusterDatabase = 'brevet';

/** Runs a program to its end as the account; its whole output is in the error when it fails. */
function run(program: string, args: readonly string[], account: Account | null, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...asAccount(account),
      cwd: path.parse(program).root,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.stdin.on('error', () => {}); // it may end before it has read everything; the exit code tells
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new EmbeddedDatabaseError(`${path.basename(program)} failed:\n${output.trim()}`));
    });
  });
}

/**
 * A cluster is built beside its place and moved there when it is complete, so that a first start that was cut off leaves
 * nothing that looks like a database.
 */
async function createCluster(binaries: Binaries, placement: Placement, password: string | null): Promise<void> {
  const { account, workDir, clusterDir } = placement;
  const draft = path.join(workDir, `new-${randomBytes(6).toString('hex')}`);
  await mkdir(draft, { mode: 0o700 });
  if (account !== null) await chown(draft, account.uid, account.gid);
  const draftCluster = path.join(draft, 'cluster');
  const access = ['--auth-local=trust', '--auth-host=reject'];
  if (password !== null) {
    const passwordFile = path.join(draft, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    access.splice(0, 2, '--auth=scram-sha-256', `--pwfile=${passwordFile}`);
  }
  await run(
    binaries.initdb,
    [
      `--pgdata=${draftCluster}`,
      `--username=${clusterUser}`,
      '--locale=C',
      '--encoding=UTF8',
      '--no-instructions',
      ...access,
    ],
    account,
    '',
  );
  await run(
    binaries.postgres,
    ['--single', '-D', draftCluster, 'postgres'],
    account,
    `CREATE DATABASE ${clusterDatabase}\n`,
  );
  await rename(draftCluster, clusterDir);
  await syncFolder(workDir);
  await rm(draft, { recursive: true, force: true });
}

async function removeDrafts(workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) {
    if (!name.startsWith('new-')) continue;
    // an initdb that outlived its parent may still be writing there for a moment
    await rm(path.join(workDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function requireMajor(clusterDir: string): Promise<void> {
  const file = path.join(clusterDir, 'PG_VERSION');
  const found = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (found === String(postgresMajor)) return;
  if (found === '') {
    throw new EmbeddedDatabaseError(
      `${clusterDir} is not a whole PostgreSQL database: ${file} is missing or empty. Restore DATA_DIR from a backup; to start with an empty database, move ${clusterDir} away.`,
    );
  }
  throw new EmbeddedDatabaseError(
    `The database in ${clusterDir} was made by PostgreSQL ${found}; this version of Brevet brings PostgreSQL ${postgresMajor} and leaves it as it is. Start the Brevet version that made it and move the data out of there, or choose another DATA_DIR.`,
  );
}

/** `password`: for the one user, where connections come over TCP. */
export async function ensureCluster(
  binaries: Binaries,
  placement: Placement,
  password: string | null,
  log: (line: string) => void,
): Promise<void> {
  await removeDrafts(placement.workDir);
  if (existsSync(placement.clusterDir)) {
    await requireMajor(placement.clusterDir);
    return;
  }
  log('Creating the embedded database (first start only, a few seconds)');
  await createCluster(binaries, placement, password);
}
