/** `brevet start`: the server, until it is told to stop. */
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { startServer } from '../server.ts';
import { version } from '../version.ts';
import { removeServerFile, writeServerFile } from './server-file.ts';
import { stopSignal } from './stop-signal.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('run the server')
    .option('--json', 'print one line of JSON with the address instead of text')
    .addHelpText(
      'after',
      '\nSettings come from the environment and from .env; .env.example explains each.\n\nExample:\n  brevet start',
    )
    .action(async (options: { json?: boolean }) => {
      const config = loadConfig();
      const server = await startServer(
        config,
        (line) => process.stderr.write(`${line}\n`),
        options.json === true ? 2 : 1,
      );
      await writeServerFile(config.dataDir, { url: server.localUrl, token: server.commandToken, pid: process.pid });
      const url = config.publicUrl ?? server.localUrl;
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ url, localUrl: server.localUrl })}\n`
          : `Brevet ${version} is listening on ${url}\n`,
      );
      await stopSignal();
      process.stderr.write('Stopping: requests under way are finished first.\n');
      await removeServerFile(config.dataDir);
      await server.stop();
    });
}
