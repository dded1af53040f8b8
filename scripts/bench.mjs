// npm run bench: brings the checkout up to date, installs what Brevet is compared with where it is missing, and measures.
// bench/README.md says what.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { step } from './progress.mjs';
import { root, runNpm } from './run.mjs';
import { reportAndExit, setUp } from './setup.mjs';
import { areDependenciesStale, readLock } from './stale.mjs';

const args = process.argv.slice(2);
const asksForHelp = args.includes('--help') || args.includes('-h');
await setUp({ tools: true, build: !asksForHelp });

const baselines = path.join(root, 'bench/baselines');
const wanted = readLock(path.join(baselines, 'package-lock.json'));
const installed = readLock(path.join(baselines, 'node_modules/.package-lock.json'));
if (!asksForHelp && wanted !== null && areDependenciesStale(wanted, installed, { dev: false })) {
  const install = () => runNpm(['ci', '--prefix', baselines, '--loglevel=error']);
  await step('Installing what Brevet is compared with', install).catch(reportAndExit);
}

const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');
if (!existsSync(tsx)) throw new Error(`${tsx} is missing`);
const child = spawn(
  process.execPath,
  ['--import', new URL(`file://${tsx}`).href, path.join(root, 'bench/main.ts'), ...args],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
// a terminal's Ctrl-C reaches the child anyway; a plain kill of this process is passed on
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('close', (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));
