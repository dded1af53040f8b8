/** `brevet keys issue|list|revoke`: the API keys of a workspace. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { keyDialects } from '../domain/caller.ts';
import { keyActions } from '../domain/refusals.ts';
import { expectAnswer, withManagement, workspacePath } from './ask.ts';
import { CommandFailed } from './failure.ts';
import { say, sayJson, table } from './output.ts';

type Key = {
  id: number;
  dialect: string;
  label: string;
  lastFour: string;
  groupId: number | null;
  maxRank: number | null;
  actions: string[] | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
};
type IssueOptions = {
  label?: string;
  group?: number;
  maxRank?: number;
  actions?: string[];
  expires?: string;
  valueFile?: string;
  json?: boolean;
};

const json = () => new Option('--json', 'print JSON instead of text');

export function keysCommand(): Command {
  return new Command('keys')
    .description('issue, list and revoke the API keys of a workspace')
    .addCommand(issueCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addHelpText('after', '\nExample:\n  brevet keys issue acme wesk --label Lobby --max-rank 100');
}

function wholeNumber(value: string): number {
  if (!/^\d{1,16}$/.test(value)) throw new InvalidArgumentError('It is a whole number.');
  return Number(value);
}

function issueCommand(): Command {
  return new Command('issue')
    .description('make a key, and show it this once')
    .argument('<slug>', 'the workspace')
    .addArgument(new Argument('<dialect>', 'whose API it opens').choices(keyDialects))
    .option('--label <text>', 'what it is for')
    .option('--group <id>', 'the only group it opens (a WESK key: the main group unless said otherwise)', wholeNumber)
    .option('--max-rank <rank>', 'the highest rank it may give', wholeNumber)
    .addOption(new Option('--actions <names...>', 'what it may do; all of its dialect unless said').choices(keyActions))
    .option('--expires <date>', 'when it ends, e.g. 2027-06-30T22:00:00Z')
    .option('--value-file <file>', 'take in an existing key, read from this file; - reads standard input')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  brevet keys issue acme wesk --label Lobby --max-rank 100 --actions promote read',
    )
    .action(async (slug: string, dialect: string, options: IssueOptions) => {
      const request = {
        dialect,
        label: options.label,
        groupId: options.group,
        maxRank: options.maxRank,
        actions: options.actions,
        expiresAt: options.expires,
        value: options.valueFile === undefined ? undefined : await readValue(options.valueFile),
      };
      const key = await withManagement((management) =>
        expectAnswer<Key & { value: string }>(management, 'POST', workspacePath(slug, 'keys'), request),
      );
      if (options.json === true) sayJson(key);
      else
        say(`${key.value}\n\nKey ${key.id} of ${slug} (${describeLimits(key)}). It is not shown again: copy it now.`);
    });
}

async function readValue(file: string): Promise<string> {
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CommandFailed(2, `${file} cannot be read (${error.code}). Check the path given to --value-file.`);
    },
  );
  return content.trim();
}

function describeLimits(key: Key): string {
  return [
    key.dialect,
    key.groupId === null ? 'any group of the workspace' : `group ${key.groupId}`,
    key.maxRank === null ? 'any rank' : `up to rank ${key.maxRank}`,
    key.actions === null ? 'all actions' : key.actions.join(', '),
    key.expiresAt === null ? 'no end' : `until ${key.expiresAt}`,
  ].join(', ');
}

function listCommand(): Command {
  return new Command('list')
    .description('list the keys, without their secrets')
    .argument('<slug>', 'the workspace')
    .addOption(json())
    .addHelpText('after', '\nExample:\n  brevet keys list acme')
    .action(async (slug: string, options: { json?: boolean }) => {
      const keys = await withManagement((management) => readKeys(management, slug));
      if (options.json === true) sayJson({ keys });
      else if (keys.length === 0) say(`${slug} has no keys. Make one with: brevet keys issue ${slug} wesk`);
      else say(table([['ID', 'DIALECT', 'ENDS', 'LABEL', 'LIMITS', 'REVOKED'], ...keys.map(rowOf)]));
    });
}

async function readKeys(management: Parameters<typeof expectAnswer>[0], slug: string): Promise<Key[]> {
  return (await expectAnswer<{ keys: Key[] }>(management, 'GET', workspacePath(slug, 'keys'))).keys;
}

function rowOf(key: Key): string[] {
  const limits = describeLimits(key).slice(key.dialect.length + 2);
  return [String(key.id), key.dialect, `…${key.lastFour}`, key.label, limits, key.revokedAt ?? ''];
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('take a key out of force, at once and for good')
    .argument('<slug>', 'the workspace')
    .argument('<key>', 'its id, or its last four characters')
    .addOption(json())
    .addHelpText('after', '\nExample:\n  brevet keys revoke acme 12')
    .action(async (slug: string, name: string, options: { json?: boolean }) => {
      const key = await withManagement(async (management) => {
        const named = findKey(await readKeys(management, slug), name, slug);
        await expectAnswer(management, 'DELETE', workspacePath(slug, `keys/${named.id}`));
        return named;
      });
      if (options.json === true) sayJson({ id: key.id, isRevoked: true });
      else say(`Key ${key.id} of ${slug} (${key.dialect} …${key.lastFour}) is revoked: it opens nothing from now on.`);
    });
}

function findKey(keys: readonly Key[], name: string, slug: string): Key {
  const ending = name.replace(/^…/, '');
  const found = keys.filter((key) => key.revokedAt === null && (String(key.id) === name || key.lastFour === ending));
  const [only, another] = found;
  const remedy = `brevet keys list ${slug} shows them.`;
  if (only === undefined) throw new CommandFailed(2, `${slug} has no key ${name} in force. ${remedy}`);
  if (another !== undefined) throw new CommandFailed(2, `${name} fits several keys: name one by its id. ${remedy}`);
  return only;
}
