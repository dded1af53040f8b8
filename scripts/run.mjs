// Runs a tool quietly: what it printed is shown only when it fails.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What a person has to know to go on; printed without a stack. */
export class SetupError extends Error {}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ shell?: boolean, cwd?: string }} [options]
 */
export function runQuietly(command, args, { shell = false, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell, windowsHide: true });
    /** @type {Buffer[]} */
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    // Stopping the step stops the tool too; a terminal's Ctrl-C reaches it anyway, a plain `kill` would not.
    const stop = () => {
      child.kill();
      process.exit(130);
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.once(signal, stop);
    const finish = (/** @type {string | null} */ problem) => {
      for (const signal of signals) process.off(signal, stop);
      if (problem === null) resolve(undefined);
      else reject(new SetupError(`${Buffer.concat(printed).toString().trimEnd()}\n\n${problem}`));
    };
    const name = [command, ...args].map((word) => (path.isAbsolute(word) ? path.basename(word) : word)).join(' ');
    child.on('error', (error) => finish(`${name} could not be started: ${error.message}`));
    child.on('close', (code, signal) => finish(code === 0 ? null : `${name} ended with ${signal ?? `code ${code}`}.`));
  });
}

/**
 * npm, as it was started: `npm run` tells its own path, which works where no `npm` is on the PATH and on Windows.
 * @param {readonly string[]} args
 * @param {string} [cwd] the folder of the package
 */
export function runNpm(args, cwd = root) {
  const own = process.env['npm_execpath'];
  if (own !== undefined && /npm-cli\.[cm]?js$/.test(own)) return runQuietly(process.execPath, [own, ...args], { cwd });
  const isWindows = process.platform === 'win32';
  return runQuietly(isWindows ? 'npm.cmd' : 'npm', args, { shell: isWindows, cwd });
}
