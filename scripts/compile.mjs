// src → dist, by the TypeScript compiler.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runQuietly } from './run.mjs';
import { sourceHash, stampFile } from './stale.mjs';

export async function compile() {
  const hash = sourceHash(root);
  // From nothing: a file that left src must leave dist.
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await runQuietly(process.execPath, [tsc, '--project', 'tsconfig.build.json']);
  chmodSync(path.join(root, 'dist/main.js'), 0o755);
  writeFileSync(path.join(root, stampFile), hash);
}
