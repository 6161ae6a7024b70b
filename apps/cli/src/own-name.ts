import type { Command } from 'commander';
import { commandName, quoted, serverCommand } from './command-name.js';
import { givenGlobals } from './global-options.js';

/** A command line to copy, that talks to the server that this command talks to. */
export function advised(command: Command, ...words: string[]): string {
  return [commandName(), ...[...givenGlobals(command), ...words].map(quoted)].join(' ');
}

/** The command line that starts a server which this command would talk to. */
export function upCommand(command: Command): string {
  const given = givenGlobals(command).map(quoted);
  const start = serverCommand();
  const separator = given.length > 0 && start.startsWith('npm') ? ['--'] : [];
  return [start, ...separator, ...given].join(' ');
}

/** What goes behind an advised command whose server has ended with this one, in the folder named; else nothing. */
export function besideServer(command: Command, ownFolder: string | null): string {
  return ownFolder === null ? '' : ` (beside \`${upCommand(command)}\`, for no server runs now)`;
}
