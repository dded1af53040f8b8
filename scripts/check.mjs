// npm run check: everything that needs no database. All of it runs, also after the first failure.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './run.mjs';
import { reportAndExit, setUp, setUpForeignClients } from './setup.mjs';

await setUp({ tools: true, build: false });
await setUpForeignClients().catch(reportAndExit);

const checks = [
  ['Format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['Types', 'node_modules/typescript/bin/tsc', '--project', '.'],
  ['Types of the foreign clients', 'node_modules/typescript/bin/tsc', '--project', 'test/foreign'],
  ['Unused code', 'node_modules/knip/bin/knip.js'],
  ['Unit tests', 'scripts/test.mjs', '--unit'],
];
const failed = checks.filter(([name, tool = '', ...args]) => {
  console.log(`\n› ${name}`);
  const { status } = spawnSync(process.execPath, [path.join(root, tool), ...args], { cwd: root, stdio: 'inherit' });
  return status !== 0;
});
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.map(([name]) => name).join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
