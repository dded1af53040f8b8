// `npm run build`: dependencies where they are missing, then dist from nothing.
import { compile } from './compile.mjs';
import { step } from './progress.mjs';
import { reportAndExit, setUp } from './setup.mjs';

await setUp({ tools: true, build: false });
await step('Building', compile).catch(reportAndExit);
