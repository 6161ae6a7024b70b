import { PASSES } from '#contracts';
import type { Command } from 'commander';
import { flagOf } from '../pass-flags.js';
import { passOptions } from '../pass-options.js';

/** One command and what may follow it. */
export interface CommandNode {
  /** Its words, as `models push`; empty for the program. */
  path: string;
  commands: readonly string[];
  flags: readonly string[];
  /** Values of flags that have few. */
  values: ReadonlyMap<string, readonly string[]>;
}

/** Every command of a program with its flags, those of passes with the values of their schemas. */
export function commandTree(command: Command, path = ''): CommandNode[] {
  const commands = command.commands.map((child) => child.name());
  const visible = command.options.filter(({ hidden }) => !hidden || path === '');
  const flags = visible.flatMap(({ long, short }) => [short, long]).filter((flag) => flag?.startsWith('--'));
  const node = {
    path,
    commands,
    flags: [...new Set([...flags, '--help'])] as string[],
    values: valuesOf(command, path),
  };
  const below = command.commands.flatMap((child) => commandTree(child, `${path} ${child.name()}`.trim()));
  return [node, ...below];
}

function valuesOf(command: Command, path: string): Map<string, string[]> {
  const chosen = command.options.flatMap(({ long, argChoices }): [string, string[]][] =>
    long && argChoices ? [[long, [...argChoices]]] : [],
  );

  const pass = (Object.keys(PASSES) as (keyof typeof PASSES)[]).find((name) => name === path);
  if (pass === undefined) return new Map(chosen);
  return new Map(
    passOptions(pass).flatMap(({ key, schema }) => {
      const choices = schema.enum ?? (schema.items || undefined)?.enum;
      return choices ? [[flagOf(key), choices.map(String)] as const] : [];
    }),
  );
}
