// npm test: brings the checkout up to date, runs the tests, and ends with `N passed, N failed`. A test that was skipped or
// left to do counts as failed: it promises something nobody looked at.
//   --unit     only the pure tests: seconds, no build, no database
//   --server   only the database suites, on the PostgreSQL server that DATABASE_URL names
// Everything else goes to Vitest, such as a part of a file name or `-t "part of a test's name"`.
import { root } from './run.mjs';
import { setUp } from './setup.mjs';

const args = process.argv.slice(2);
const unit = take('--unit');
const server = take('--server');

await setUp({ tools: true, build: !unit && !server });
if (server) {
  process.env['BREVET_TEST_DATABASE_URL'] =
    process.env['DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
}

const { parseCLI, startVitest } = await import('vitest/node');
const { filter, options } = parseCLI(['vitest', 'run', ...args]);
const project = unit ? 'unit' : server ? 'database' : options.project;
const vitest = await startVitest('test', filter, { ...options, ...(project && { project }), root, watch: false });

const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const inState = (/** @type {string} */ state) => tests.filter((test) => test.result().state === state);
// With -t everything else is skipped on purpose.
const unrun = options.testNamePattern === undefined ? [...inState('skipped'), ...inState('pending')] : [];
for (const test of unrun) console.log(`not run: ${test.module.relativeModuleId} > ${test.fullName}`);
// Errors outside a test: a file that does not load, a hook, a promise nobody awaited.
const others = vitest.state.getUnhandledErrors().length + modules.filter((module) => module.errors().length > 0).length;

const passed = inState('passed').length;
let failed = inState('failed').length + unrun.length + others;
// Vitest's own verdict has the last word: thresholds, no files found.
if (failed === 0 && (passed === 0 || process.exitCode)) failed = 1;
await vitest.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** @param {string} name */
function take(name) {
  const at = args.indexOf(name);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}
