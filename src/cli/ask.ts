/** One question to the management API, and what its "no" means for a command. */
import { loadConfig } from '../config.ts';
import type { Problem } from '../domain/problem.ts';
import { CommandFailed } from './failure.ts';
import { type ApiAnswer, type Management, type Method, openManagement } from './management.ts';
import { progressLine } from './output.ts';

type ProblemBody = { title?: string; detail?: string; facts?: Record<string, unknown>; errors?: Problem[] };

function failureOf({ status, body }: ApiAnswer): CommandFailed {
  const { title, detail, facts = {}, errors = [] } = (body ?? {}) as ProblemBody;
  const said = detail ?? title ?? `The server answered ${status}.`;
  const details = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
  const message = details.length === 0 ? said : `${said} (${details.join(', ')})`;
  // a mistake in what was asked for, as opposed to something that went wrong
  const isMistake = status >= 400 && status < 500 && status !== 401 && status !== 429;
  return new CommandFailed(isMistake ? 2 : 1, message, errors);
}

/** The body of a success; throws CommandFailed for anything else. */
export async function expectAnswer<Body>(
  management: Management,
  method: Method,
  path: string,
  body?: unknown,
): Promise<Body> {
  const answer = await management.call(method, path, body);
  if (answer.status >= 200 && answer.status < 300) return answer.body as Body;
  throw failureOf(answer);
}

/** Opens the management API for as long as `use` takes. */
export async function withManagement<T>(use: (management: Management) => Promise<T>): Promise<T> {
  const management = await openManagement(loadConfig(), progressLine);
  try {
    return await use(management);
  } finally {
    await management.close();
  }
}

export function workspacePath(slug: string, rest: string): string {
  return `/workspaces/${encodeURIComponent(slug)}/${rest}`;
}
