/** `npm run bench`: measures what "fast" means for Brevet, side by side with what it is compared to, and says what is met. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { costOfLayers } from './layers.ts';
import { killProcesses, root } from './processes.ts';
import { inWords, type Result } from './report.ts';
import type { Context, Row } from './row.ts';
import { addedDelay } from './rows/added-delay.ts';
import { bulk } from './rows/bulk.ts';
import { cpu } from './rows/cpu.ts';
import { getRank } from './rows/get-rank.ts';
import { logList } from './rows/log-list.ts';
import { memory } from './rows/memory.ts';
import { robloxCalls } from './rows/roblox-calls.ts';
import { start } from './rows/start.ts';
import { Stage } from './stage.ts';

/** In the order of the table; `start` comes after what needs the same server running. */
const rows: readonly Row[] = [robloxCalls, addedDelay, cpu, getRank, bulk, memory, start, logList];
const ids = [...rows.map((row) => row.id), 'layers'];
const resultFile = path.join(root, 'bench/results/latest.json');

type Options = { only?: string[]; rounds: number; long?: true; json?: true; profile?: string };

function wholeNumber(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A number from 1 to 99.');
  return Number(text);
}

function knownRow(text: string, others: string[] = []): string[] {
  if (!ids.includes(text)) throw new InvalidArgumentError(`One of ${ids.join(', ')}.`);
  return [...others, text];
}

const command = new Command('npm run bench --')
  .description(
    'Measures Brevet on the emulator beside a bare noblox.js server and a bare Fastify route; about four minutes.',
  )
  .option('--only <row>', `one of ${ids.join(', ')}; may be repeated`, knownRow)
  .option('--rounds <number>', 'how often each side is measured, in turns', wholeNumber, 3)
  .option('--long', 'the whole bulk of 1,000 in place of a window of it; three minutes more')
  .option('--profile <folder>', 'also write CPU profiles of the unpaced Brevet there (this makes it slower)')
  .option('--json', 'print the result as JSON instead of tables')
  .addHelpText('after', '\nExample:\n  npm run bench -- --only cpu --rounds 5')
  .parse();
const options = command.opts<Options>();

const startedMs = performance.now();
const progress = (line: string) =>
  process.stderr.write(`› ${String(Math.round((performance.now() - startedMs) / 1000)).padStart(3)} s  ${line}\n`);
const stage = new Stage({ progress, profileDir: options.profile === undefined ? null : path.resolve(options.profile) });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killProcesses();
    process.exit(130);
  });
}

const isWanted = (id: string) => options.only === undefined || options.only.includes(id);
const context: Context = { stage, rounds: options.rounds, isLong: options.long === true, progress };
try {
  const layers = isWanted('layers') ? await costOfLayers(context) : null;
  const measured: Result['rows'][number][] = [];
  for (const { id, measure, target, run } of rows) {
    if (isWanted(id)) measured.push({ id, measure, target, ...(await run(context)) });
  }
  const machine = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: os.availableParallelism(),
    rounds: options.rounds,
  };
  const result: Result = { at: new Date().toISOString(), machine, rows: measured, layers };
  await mkdir(path.dirname(resultFile), { recursive: true });
  await writeFile(resultFile, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : `\n${inWords(result)}`);
  progress(`written to ${path.relative(process.cwd(), resultFile)}`);
} finally {
  progress('stopping everything');
  await stage.end();
}
