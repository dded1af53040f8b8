// Brings a checkout up to date: the right Node, dependencies as locked, a build of the sources as they are. Does nothing,
// in well under a second, when nothing is missing.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { compile } from './compile.mjs';
import { step } from './progress.mjs';
import { root, runNpm, SetupError } from './run.mjs';
import { areDependenciesStale, isBuildStale, readLock } from './stale.mjs';

/**
 * @param {{ tools: boolean, build: boolean }} needs `tools`: what is used for building and testing, beside what the
 * program itself needs
 */
export async function setUp(needs) {
  try {
    requireNode(process.versions.node);
    if (whatIsMissing(needs) === null) return;
    await alone(root, async () => {
      const missing = whatIsMissing(needs);
      if (missing === null) return;
      if (missing.dependencies) {
        // `--include` because NODE_ENV=production, set on many servers, would leave out the compiler.
        const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error'];
        await step('Installing dependencies', () => runNpm(args));
      }
      if (missing.build) await step('Building', compile);
    });
  } catch (error) {
    reportAndExit(error);
  }
}

/**
 * The clients of test/foreign/, which is a package of its own with its own lock. Throws instead of ending the process: it
 * runs inside the test runner too.
 */
export async function setUpForeignClients() {
  const folder = path.join(root, 'test/foreign');
  const isStale = () => {
    const wanted = readLock(path.join(folder, 'package-lock.json'));
    const installed = readLock(path.join(folder, 'node_modules/.package-lock.json'));
    return wanted !== null && areDependenciesStale(wanted, installed, { dev: true });
  };
  if (!isStale()) return;
  await alone(folder, async () => {
    if (!isStale()) return;
    const args = ['ci', '--include=dev', '--include=peer', '--loglevel=error'];
    await step('Installing the clients of test/foreign', () => runNpm(args, folder));
  });
}

/** @param {{ tools: boolean, build: boolean }} needs */
function whatIsMissing(needs) {
  const builds = needs.build && isBuildStale(root);
  const wanted = readLock(path.join(root, 'package-lock.json'));
  const installed = readLock(path.join(root, 'node_modules/.package-lock.json'));
  const installs = wanted !== null && areDependenciesStale(wanted, installed, { dev: needs.tools || builds });
  return builds || installs ? { build: builds, dependencies: installs } : null;
}

/** @param {string} version */
function requireNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (isEnough) return;
  throw new SetupError(
    `Brevet needs Node 20.19 or newer (of 22: 22.12 or newer; not 21), and this is Node ${version}.\nGet one from https://nodejs.org and run the command again.`,
  );
}

/**
 * Two terminals may start at once on a fresh clone; the second waits for the first.
 * @param {string} folder
 * @param {() => Promise<void>} work
 */
async function alone(folder, work) {
  const file = path.join(folder, '.setup.lock');
  const release = () => rmSync(file, { force: true });
  if (!take(file)) {
    await step(`Waiting for another set-up of this folder (${file})`, async () => {
      while (!take(file)) await wait(200);
    });
  }
  process.on('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** @param {string} file */
function take(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    // 0 is a file that its owner is about to write into; a process that is gone left the lock behind.
    if (owner > 0) process.kill(owner, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') rmSync(file, { force: true });
  }
  return false;
}

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** @param {unknown} error @returns {never} */
export function reportAndExit(error) {
  const code = codeOf(error);
  if (error instanceof SetupError) console.error(`\n${error.message}`);
  else if (code === 'EACCES' || code === 'EPERM') {
    console.error(
      `\n${/** @type {Error} */ (error).message}\nFiles here belong to another user: delete node_modules and dist as that user, or give yourself the folder.`,
    );
  } else console.error(error);
  process.exit(1);
}
