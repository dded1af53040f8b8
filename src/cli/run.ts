/** Runs one command line; what went wrong becomes words on stderr and an exit code. */
import { CommanderError } from 'commander';
import { explainError } from '../explain-error.ts';
import { CommandFailed, describeFailure } from './failure.ts';
import { buildProgram } from './program.ts';

/** Resolves to the exit code: 0 done, 1 went wrong on the way, 2 wrongly asked and nothing changed. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error);
  }
}

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
  const trace = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`error: Something went wrong in Brevet itself.\n${trace}\n`);
  return 1;
}
