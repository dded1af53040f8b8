/** `brevet migrate`: brings the database's schema up to date, as a start would. */
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { migrateSchema, readSchema } from '../schema.ts';
import { openServer } from './management.ts';
import { count, progressLine, say, sayJson } from './output.ts';

type Options = { dryRun?: boolean; json?: boolean };

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database’s schema up to date (a start does the same)')
    .option('--dry-run', 'list what would be applied, and apply nothing')
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', '\nExample:\n  brevet migrate --dry-run')
    .action(async (options: Options) => {
      const config = loadConfig();
      const server = config.database === null ? await openServer(config) : null;
      if (server !== null) {
        if (options.json === true) sayJson({ applied: [], pending: [] });
        else say(`The server at ${server.serverUrl} runs on this database and brought it up to date when it started.`);
        return;
      }
      const isDryRun = options.dryRun === true;
      const { applied, pending } = await (isDryRun ? readSchema : migrateSchema)(config, progressLine);
      // a dry run tells of all that were ever applied; what counts here is what this run did
      const report = { applied: isDryRun ? [] : applied, pending };
      if (options.json === true) sayJson(report);
      else say(isDryRun ? describePending(report.pending) : describeApplied(report.applied));
    });
}

function describePending(pending: readonly string[]): string {
  return pending.length === 0
    ? 'The schema is up to date.'
    : [`${count(pending.length, 'migration')} to apply:`, ...pending].join('\n  ');
}

function describeApplied(applied: readonly string[]): string {
  return applied.length === 0
    ? 'The schema was up to date.'
    : [`${count(applied.length, 'migration')} applied:`, ...applied].join('\n  ');
}
