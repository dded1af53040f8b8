/** Why a command ends without having done what was asked: a sentence, the places that are wrong, and the exit code. */
import type { Problem } from '../domain/problem.ts';

/** 2: what was asked for is wrong, nothing was changed. 1: it went wrong on the way. */
export type ExitCode = 1 | 2;

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];

  constructor(exitCode: ExitCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

function describeProblem({ place, problem, remedy }: Problem): string {
  const sentence = `${place} ${problem}`;
  return remedy === undefined ? sentence : `${sentence}. ${remedy}`;
}

/** What goes to stderr. */
export function describeFailure(failure: CommandFailed): string {
  return [`error: ${failure.message}`, ...failure.problems.map((one) => `  ${describeProblem(one)}`), ''].join('\n');
}
