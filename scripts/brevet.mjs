// The program of this checkout: brings it up to date, then is `brevet` with the same arguments, in this very process, so
// that signals, exit code and output are the program's own.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';
import { setUp } from './setup.mjs';

await setUp({ tools: false, build: true });
const program = path.join(root, 'dist/main.js');
process.argv[1] = program;
await import(pathToFileURL(program).href);
