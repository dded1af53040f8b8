/** `brevet emulator`: plays Roblox on this machine until it is stopped. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import { SeedError } from '../emulator/seed.ts';
import type { World } from '../emulator/world.ts';
import { stopSignal } from './stop-signal.ts';

/** A mistake in what was asked for, as opposed to something that went wrong. */
const misuse = { exitCode: 2 };

type Options = { port: string; host: string; seed?: string; json?: boolean };

export function emulatorCommand(): Command {
  return new Command('emulator')
    .description('play Roblox on this machine, for development and tests')
    .option('--port <number>', 'port to listen on; 0 takes any free one', '4010')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <file>', 'JSON file with the world to play (src/emulator/README.md); without it, a filled example')
    .option('--json', 'print one line of JSON instead of text')
    .addHelpText('after', '\nExample:\n  brevet emulator --port 4010')
    .action(async (options: Options, command: Command) => {
      const emulator = await start(options, command);
      process.stdout.write(options.json ? `${JSON.stringify(facts(emulator))}\n` : introduction(emulator));
      await stopSignal();
      await emulator.close();
    });
}

async function start(options: Options, command: Command): Promise<Emulator> {
  const port = Number(options.port);
  if (!/^\d+$/.test(options.port) || port > 65_535) {
    command.error(`error: --port is a number from 0 to 65535, not "${options.port}".`, misuse);
  }
  const seed = options.seed === undefined ? undefined : await readSeed(options.seed, command);
  try {
    return await startEmulator({ port, host: options.host, ...(seed === undefined ? {} : { seed }) });
  } catch (error) {
    if (error instanceof SeedError) {
      const problems = error.problems.map((problem) => `  ${problem}`).join('\n');
      return command.error(`error: The seed ${options.seed} cannot be played:\n${problems}`, misuse);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      return command.error(`error: Port ${port} is taken. Choose another with --port, or --port 0 for any free one.`);
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      return command.error(
        `error: Cannot listen on ${options.host}:${port} (${code}). Check --host and --port.`,
        misuse,
      );
    }
    throw error;
  }
}

async function readSeed(file: string, command: Command): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    command.error(`error: The seed ${file} cannot be read (${error.code}). Check the path given to --seed.`, misuse),
  );
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return command.error(`error: The seed ${file} is not JSON: ${reason}`, misuse);
  }
}

/** What a script needs to know. */
function facts({ url, port, world }: Emulator): object {
  return {
    url,
    port,
    groups: [...world.groups.values()].map((group) => ({ id: group.id, name: group.name })),
    keys: world.keys.map((key) => ({ userId: key.ownerId, key: key.key })),
    cookies: world.sessions.map((session) => ({ userId: session.userId, cookie: session.cookie })),
    control: `${url}/_emulator/`,
  };
}

function introduction({ url, world }: Emulator): string {
  const groups = [...world.groups.values()];
  const [group] = groups;
  const [key] = world.keys;
  const [session] = world.sessions;
  const lines = [
    `Roblox is played at ${url}`,
    '',
    'Put the Roblox host in front of the path, or point a Brevet server here with',
    `  ROBLOX_UPSTREAM=${url}`,
    '',
    groups.length === 0 ? 'There are no groups in this world.' : 'Groups',
    ...groups.map(
      ({ id, name, roles, members, joinRequests }) =>
        `  ${id}  ${name}: ${roles.size} roles, ${members.size} members, ${joinRequests.size} join requests`,
    ),
    '',
    ...(key === undefined ? [] : [`Open Cloud key of ${accountOf(world, key.ownerId)}`, `  ${key.key}`, '']),
    ...(session === undefined ? [] : [`Cookie of ${accountOf(world, session.userId)}`, `  ${session.cookie}`, '']),
    ...(group === undefined ? [] : ['Try it', ...examples(url, group.id, key?.key), '']),
    'Steer it (with curl; src/emulator/README.md has examples)',
    '  /_emulator/           everything that is played, and by which name',
    '  /_emulator/state      GET: the whole world, secrets included. PUT: play another one',
    '  /_emulator/requests   GET: what was called. DELETE: forget it',
    '  /_emulator/faults     POST: let something go wrong. GET, DELETE: what is waiting to',
    '  /_emulator/clock      POST {"advanceSeconds": 60}: let time pass',
    '  /_emulator/limits     GET, POST: rate limits',
    '  /_emulator/behaviour  GET, POST: what Roblox leaves open, such as what a PATCH does to further roles',
    '',
    'Ctrl-C stops it.',
    '',
  ];
  return lines.join('\n');
}

function examples(url: string, groupId: number, key: string | undefined): string[] {
  const cookieWay = `  curl ${url}/groups.roblox.com/v1/groups/${groupId}/roles`;
  if (key === undefined) return [cookieWay];
  return [cookieWay, `  curl -H 'x-api-key: ${key}' ${url}/apis.roblox.com/cloud/v2/groups/${groupId}/memberships`];
}

const accountOf = (world: World, userId: number) => `${world.users.get(userId)?.name ?? 'user'} (user ${userId})`;
