// The program of this checkout: brings it up to date, then is `brevet` with the same arguments, in this very process, so
// that signals, exit code and output are the program's own.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';
import { setUp } from './setup.mjs';

await setUp({ tools: false, build: true });
endWithNpm();
const program = path.join(root, 'dist/main.js');
process.argv[1] = program;
await import(pathToFileURL(program).href);

/** A SIGTERM that is sent to npm ends npm and the shell between us, and reaches nobody else: the server would live on. */
function endWithNpm() {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}
