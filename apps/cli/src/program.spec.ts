import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PASSES } from '#contracts';
import type { Command } from 'commander';
import { buildProgram } from './program.js';

const ROOT = resolve(__dirname, '../../..');
const PAGES = [
  'README.md',
  'apps/cli/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every command line that a page shows: a line of a block, or code within a sentence. */
function shownIn(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const lines = [
    ...text.matchAll(/^(?:npm run coldpress --|coldpress) (.*)$/gm),
    ...text.matchAll(/`(?:npm run coldpress --|coldpress) ([^`\n]+)`/g),
  ];
  return lines.map(([, words = '']) => words.replace(/\s+#.*$/, '')).filter((words) => !/[…]/.test(words));
}

/** Flags and words of a line that the command line does not know. */
function faultsOf(line: string): string[] {
  let command: Command = buildProgram();
  const words = line.split(/\s+/);
  while (command.commands.length > 0 && words.length > 0) {
    const [word = ''] = words;
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) return word.startsWith('-') || /^[A-Z]+$/.test(word) ? [] : [word];
    command = next;
    words.shift();
  }
  const known = command.options.flatMap(({ short, long }) => [short, long]).concat('--help');
  return words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word));
}

describe('the command line as the pages show it', () => {
  it.each(PAGES)('%s names commands and flags that there are', (page) => {
    expect(
      shownIn(page)
        .map((line) => ({ line, faults: faultsOf(line) }))
        .filter(({ faults }) => faults.length > 0),
    ).toEqual([]);
  });

  it('finds what there is not', () => {
    expect(faultsOf('models shove net.onnx')).toEqual(['shove']);
    expect(faultsOf('quantize net.onnx --weight-bit 4 -o x --data y')).toEqual(['--weight-bit']);
    expect(shownIn('apps/cli/README.md').length).toBeGreaterThan(25);
  });

  it('has every command of the program in apps/cli/README.md', () => {
    const names = (command: Command): string[] =>
      command.commands.flatMap((each) =>
        each.commands.length > 0 ? names(each).map((name) => `${each.name()} ${name}`) : [each.name()],
      );
    const shown = shownIn('apps/cli/README.md');
    const isPass = (name: string) => name in PASSES;
    expect(
      names(buildProgram()).filter(
        (name) => !isPass(name) && !shown.some((line) => line === name || line.startsWith(`${name} `)),
      ),
    ).toEqual([]);
  });
});
