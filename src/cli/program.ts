/** All commands under one name. */
import { Command } from 'commander';
import { version } from '../version.ts';
import { applyCommand } from './apply.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { documentCommand } from './document.ts';
import { emulatorCommand } from './emulator.ts';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { startCommand } from './start.ts';

export function buildProgram(): Command {
  const program = new Command('brevet')
    .description('Ranks and manages the members of Roblox groups, on your own server.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or a command’s')
    .helpCommand(false)
    .addHelpText('after', '\nExamples:\n  brevet demo\n  brevet start\n  brevet apply acme.json');
  const commands = [
    startCommand(),
    demoCommand(),
    applyCommand(),
    documentCommand(),
    keysCommand(),
    migrateCommand(),
    doctorCommand(),
    emulatorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  forEach(program, (command) =>
    command
      .exitOverride()
      .showHelpAfterError(`(${pathOf(command)} --help explains it)`)
      .showSuggestionAfterError(),
  );
  return program;
}

function forEach(command: Command, use: (command: Command) => void): void {
  use(command);
  for (const child of command.commands) forEach(child, use);
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
