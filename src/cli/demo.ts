/** `brevet demo`: a filled server to try, with nothing to set up and no Roblox account. */
import { Command } from 'commander';
import { type DemoFacts, startDemo } from '../demo.ts';
import { stopSignal } from './stop-signal.ts';

type Options = { port: string; emulatorPort: string; json?: boolean };

export function demoCommand(): Command {
  return new Command('demo')
    .description('try Brevet: a played Roblox and a filled workspace, gone again when you stop it')
    .option('--port <number>', 'port of the server; 0 takes any free one', '3000')
    .option('--emulator-port <number>', 'port of the played Roblox; 0 takes any free one', '4010')
    .option('--json', 'print one line of JSON instead of text')
    .addHelpText('after', '\nExample:\n  brevet demo --port 0')
    .action(async (options: Options, command: Command) => {
      const ports = {
        port: portOf('--port', options.port, command),
        emulatorPort: portOf('--emulator-port', options.emulatorPort, command),
      };
      const demo = await startDemo(ports, (line) => process.stderr.write(`› ${line}\n`)).catch((error: unknown) => {
        const { code, port } = error as NodeJS.ErrnoException & { port?: number };
        if (code !== 'EADDRINUSE') throw error;
        const option = port === ports.emulatorPort ? '--emulator-port' : '--port';
        return command.error(
          `error: Port ${port} is taken. Choose another with ${option}, or ${option} 0 for any free one.`,
        );
      });
      process.stdout.write(options.json === true ? `${JSON.stringify(demo.facts)}\n` : introduction(demo.facts));
      await stopSignal();
      process.stderr.write('› Stopping\n');
      await demo.stop();
    });
}

function portOf(option: string, text: string, command: Command): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    command.error(`error: ${option} is a number from 0 to 65535, not "${text}".`, { exitCode: 2 });
  }
  return Number(text);
}

function introduction({ url, emulatorUrl, keys, groupId, users }: DemoFacts): string {
  const [player] = users.promotable;
  return `
Brevet is running with a played Roblox. Nothing here reaches the real one.

  Open            ${url}
  Played Roblox   ${emulatorUrl}/_emulator/state
  Sign-in         none yet: this version has no accounts

Promote a player (a second time promotes once more):

  curl -X POST ${url}/v1/groups/${groupId}/promote \\
    -H "X-Api-Key: ${keys.wesk}" \\
    -H "Content-Type: application/json" \\
    -d '{"robloxUserId": ${player}}'

More players to promote: ${users.promotable.slice(1).join(', ')}. Blacklisted: ${users.blacklisted}.

Keys for the dialects that follow (this version speaks WESK):
  RankGun         ${keys.rankgun}
  Viscra          ${keys.viscra}
  RankPortal      ${keys.rankportal}

Stop with Ctrl-C.
`;
}
