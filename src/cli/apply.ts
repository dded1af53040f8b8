/** `brevet apply`: makes a workspace what a document says. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { Refused } from '../domain/refusals.ts';
import type { ApplyReport } from '../operations/apply-document/report.ts';
import { parseDocument } from '../operations/workspace-document.ts';
import { expectAnswer, withManagement, workspacePath } from './ask.ts';
import { CommandFailed } from './failure.ts';
import { count, say, sayJson, table } from './output.ts';
import { resolveReferences } from './references.ts';

type Options = { dryRun?: boolean; json?: boolean };

export function applyCommand(): Command {
  return new Command('apply')
    .description('make a workspace what a document says, all of it or nothing')
    .argument('<file>', 'the workspace document, JSON; - reads it from standard input')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
A secret may stand in the document as {"env": "NAME"} or {"file": "path"}; it is read here, on this machine.
docs/workspace-document.md describes the document, docs/workspace.example.json is a full one.

Example:
  brevet apply acme.json --dry-run`,
    )
    .action(async (file: string, options: Options) => {
      const document = await readDocumentFile(file);
      const { slug } = checked(document).workspace;
      const query = options.dryRun === true ? '?dryRun=true' : '';
      const report = await withManagement((management) =>
        expectAnswer<ApplyReport>(management, 'PUT', workspacePath(slug, `document${query}`), document),
      );
      if (options.json === true) sayJson(report);
      else say(describe(report));
    });
}

async function readDocumentFile(file: string): Promise<unknown> {
  const isStdin = file === '-';
  const content = await (isStdin ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CommandFailed(2, `${file} cannot be read (${error.code}). Check the path.`);
    },
  );
  const name = isStdin ? 'Standard input' : file;
  const { document, problems } = await resolveReferences(
    parseJson(content.replace(/^\uFEFF/, ''), name),
    isStdin ? process.cwd() : path.dirname(path.resolve(file)),
  );
  if (problems.length > 0)
    throw new CommandFailed(2, `${name}: a secret cannot be read. Nothing was changed.`, problems);
  return document;
}

function parseJson(content: string, name: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    const before = content.slice(0, mistakeIn(content)).split('\n');
    const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    // without V8's sentence: it may quote the document, and so a secret
    throw new CommandFailed(2, `${name} is not JSON: there is a mistake in ${where}. Nothing was changed.`);
  }
}

/** Where the shortest beginning ends that no continuation can save: V8 does not always say. */
function mistakeIn(content: string): number {
  const isLost = (length: number) => {
    try {
      JSON.parse(content.slice(0, length));
      return false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : '';
      return (
        !/^Unexpected end|^Unterminated|^No number after/.test(reason) && !reason.includes(`at position ${length}`)
      );
    }
  };
  let [good, lost] = [0, content.length + 1];
  while (lost - good > 1) {
    const middle = Math.floor((good + lost) / 2);
    if (isLost(middle)) lost = middle;
    else good = middle;
  }
  return good;
}

/** Looked over here first: a wrong document needs no server and no database. */
function checked(document: unknown) {
  try {
    return parseDocument(document);
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'document.invalid') throw error;
    throw new CommandFailed(2, 'The workspace document is wrong. Nothing was changed.', error.refusal.problems);
  }
}

function describe(report: ApplyReport): string {
  const { slug, isChanged, isDryRun, isNew, changes, keptParts } = report;
  if (!isChanged) return `${slug}: nothing to change.`;
  const rows = changes.map(({ part, change, count: number, names }) => [
    `  ${part}`,
    `${number} ${change}`,
    `${names.join(', ')}${number > names.length ? ', …' : ''}`,
  ]);
  const total = count(
    changes.reduce((sum, one) => sum + one.count, 0),
    'change',
  );
  const head = isDryRun ? `${slug}: ${total} would be made` : `${slug}: ${total} made`;
  const kept = keptParts.length === 0 ? [] : [`Kept until Brevet has their feature: ${keptParts.join(', ')}.`];
  return [`${head}${isNew ? ', as a new workspace' : ''}.`, table(rows), ...kept].join('\n');
}
