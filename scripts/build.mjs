// src → dist, by the TypeScript compiler; `npm run build` and, when something changed, every command of package.json.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { step } from './progress.mjs';
import { root, runQuietly } from './run.mjs';
import { sourceHash, stampFile } from './stale.mjs';

export async function build() {
  const hash = sourceHash(root);
  // From nothing: a file that left src must leave dist.
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await runQuietly(process.execPath, [tsc, '--project', 'tsconfig.build.json']);
  chmodSync(path.join(root, 'dist/main.js'), 0o755);
  writeFileSync(path.join(root, stampFile), hash);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  // Imported here because setup.mjs builds, with the function above.
  const { reportAndExit, setUp } = await import('./setup.mjs');
  await setUp({ tools: true, build: false });
  await step('Building', build).catch(reportAndExit);
}
