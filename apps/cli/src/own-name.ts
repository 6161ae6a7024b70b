import { dirname, relative } from 'node:path';
import type { Command } from 'commander';
import { givenGlobals } from './global-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** How the user calls this command: by its name, or through npm from within the checkout or from elsewhere. */
export function commandName(environment: Environment = process.env): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: from } = environment;
  if (script !== 'coldpress' || manifest === undefined) return 'coldpress';
  const root = dirname(manifest);
  const isInside = from === undefined || !relative(root, from).startsWith('..');
  return `npm ${isInside ? '' : `--prefix ${quoted(root)} `}run coldpress --`;
}

/** A command line to copy, that talks to the server that this command talks to. */
export function advised(command: Command, ...words: string[]): string {
  return [commandName(), ...[...givenGlobals(command), ...words].map(quoted)].join(' ');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
