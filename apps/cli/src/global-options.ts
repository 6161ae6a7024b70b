import { Option, type Command } from 'commander';
import type { GlobalOptions } from './connection.js';

/** Options that were put on commands as options of the program; a command may have one of its own by the same flag. */
const SPREAD = new WeakSet<Option>();

/** Gives the program what every command takes: the flags may stand ahead of the command or behind it. */
export function addGlobalOptions(program: Command): void {
  program.enablePositionalOptions().configureHelp({ showGlobalOptions: true });
  for (const option of [
    new Option('--server, --url <url>', 'server to talk to').env('COLDPRESS_URL'),
    new Option('--api-key <key>', 'API key').env('COLDPRESS_API_KEY'),
    new Option('--data <folder>', 'data folder of a local server (ahead of a command whose own --data is a data set)')
      .env('COLDPRESS_DATA')
      .default('.coldpress'),
    new Option('--json', 'print one JSON document instead of text'),
  ]) {
    SPREAD.add(option);
    program.addOption(option);
  }
}

/** Makes the global options known to every command that has been added. */
export function spreadGlobalOptions(program: Command, parent: Command = program): void {
  for (const command of parent.commands) {
    const taken = new Set(command.options.flatMap(({ short, long }) => [short, long]));
    for (const { flags, long, description } of program.options.filter((option) => SPREAD.has(option))) {
      if (taken.has(long)) continue;
      const option = new Option(flags, description).hideHelp();
      SPREAD.add(option);
      command.addOption(option);
    }
    spreadGlobalOptions(program, command);
  }
}

/** What was said of the global options, by the command nearest to its end; flags go before variables and defaults. */
export function globalOptionsOf(command: Command): GlobalOptions {
  const found: Record<string, unknown> = {};
  for (const { owner, key } of chainOf(command).flatMap((owner) => keysOf(owner).map((key) => ({ owner, key })))) {
    const value: unknown = owner.getOptionValue(key);
    if (value !== undefined) found[key] = value;
  }
  return found as unknown as GlobalOptions;
}

/** The global flags that the user gave, as words to be repeated; the key is left out. */
export function givenGlobals(command: Command): string[] {
  const given = new Map<string, string>();
  for (const owner of chainOf(command)) {
    for (const key of keysOf(owner))
      if (['url', 'data'].includes(key) && owner.getOptionValueSource(key) === 'cli')
        given.set(key, String(owner.getOptionValue(key)));
  }
  return [...given].flatMap(([key, value]) => [`--${key}`, value]);
}

/** From the program to the command. */
function chainOf(command: Command | null): Command[] {
  return command === null ? [] : [...chainOf(command.parent), command];
}

function keysOf(command: Command): string[] {
  const spread = command.options.filter((option) => SPREAD.has(option));
  return spread.map((option) => option.attributeName());
}
