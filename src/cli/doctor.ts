/** `brevet doctor`: looks the installation over and says what to mend. */
import { Command } from 'commander';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { explainError } from '../explain-error.ts';
import type { Check } from '../operations/check-installation.ts';
import { readSchema } from '../schema.ts';
import { version } from '../version.ts';
import { expectAnswer } from './ask.ts';
import { CommandFailed } from './failure.ts';
import { openLocalServer } from './local-server.ts';
import { checkDataDir, checkNode, checkPublicUrl } from './machine-checks.ts';
import { type Management, openServer } from './management.ts';
import { count, progressLine, say, sayJson, table } from './output.ts';

const marks = { ok: '✓', warning: '!', broken: '✗' } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check settings, database, clock and credentials, and say what to mend')
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', '\nEnds with 1 when something is broken.\n\nExample:\n  brevet doctor')
    .action(async (options: { json?: boolean }) => {
      const checks = await examine();
      const broken = checks.filter((check) => check.state === 'broken').length;
      if (options.json === true) sayJson({ version, isBroken: broken > 0, checks });
      else say(describe(checks));
      if (broken > 0) throw new CommandFailed(1, `${count(broken, 'thing is', 'things are')} broken.`);
    });
}

async function examine(): Promise<Check[]> {
  const checks: Check[] = [checkNode(process.versions.node)];
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = 'docs/configuration.md explains every variable.';
    return [
      ...checks,
      ...error.mistakes.map((message) => ({ name: 'Settings', state: 'broken' as const, message, remedy })),
    ];
  }
  checks.push({ name: 'Settings', state: 'ok', message: 'can be read' });
  checks.push(await checkDataDir(config.dataDir), checkPublicUrl(config.publicUrl));
  try {
    return [...checks, ...(await examineInstallation(config))];
  } catch (error) {
    const explanation = explainError(error);
    if (explanation === null) throw error;
    return [...checks, { name: 'Database', state: 'broken', message: explanation.lines.join(' ') }];
  }
}

/** Through the running server, or over the database itself; but never with a schema that a start has yet to bring up to date. */
async function examineInstallation(config: Config): Promise<Check[]> {
  const server = await openServer(config);
  if (server !== null) {
    return [{ name: 'Server', state: 'ok', message: `runs at ${server.serverUrl}` }, ...(await readChecks(server))];
  }
  const stopped: Check = {
    name: 'Server',
    state: 'warning',
    message: 'does not run',
    remedy: 'Start it with: brevet start',
  };
  const { pending } = await readSchema(config, progressLine);
  if (pending.length > 0) {
    return [
      stopped,
      {
        name: 'Schema',
        state: 'warning',
        message: `is not up to date (${pending.join(', ')}); the rest was not checked`,
        remedy: 'brevet migrate brings it up to date, and so does a start.',
      },
    ];
  }
  const local = await openLocalServer(config, progressLine);
  try {
    return [stopped, ...(await readChecks(local))];
  } finally {
    await local.close();
  }
}

async function readChecks(management: Management): Promise<Check[]> {
  const { checks } = await expectAnswer<{ checks: Check[] }>(management, 'GET', '/checks');
  // whoever got here opened the database, and so passed the check of its fingerprint
  const key: Check = { name: 'Encryption key', state: 'ok', message: 'is the one this database was written with' };
  return checks.some((check) => check.name === 'Database' && check.state === 'ok') ? [key, ...checks] : checks;
}

function describe(checks: readonly Check[]): string {
  const lines = table(checks.map(({ name, state, message }) => [marks[state], name, message])).split('\n');
  const withRemedies = checks.flatMap(({ remedy }, index) => [
    lines[index] ?? '',
    ...(remedy === undefined ? [] : [`   → ${remedy}`]),
  ]);
  return withRemedies.join('\n');
}
