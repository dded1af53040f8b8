#!/usr/bin/env node
/** The program: reads the command line, runs one command of `cli/`, and turns what went wrong into words and an exit code. */
import { CommanderError } from 'commander';
import { CommandFailed, describeFailure } from './cli/failure.ts';
import { buildProgram } from './cli/program.ts';
import { explainError } from './explain-error.ts';

/** Commander has printed its own words by now; what it calls 1 is a mistake in the command line. */
function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 1 && error.code !== 'commander.error' ? 2 : error.exitCode;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return exitCodeOf(error);
  if (error instanceof CommandFailed) {
    process.stderr.write(describeFailure(error));
    return error.exitCode;
  }
  const explanation = explainError(error);
  if (explanation !== null) {
    process.stderr.write(explanation.lines.map((line) => `error: ${line}\n`).join(''));
    return explanation.exitCode;
  }
  process.stderr.write(
    `error: Something went wrong in Brevet itself.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
