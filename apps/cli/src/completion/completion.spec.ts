import { execFileSync, spawnSync } from 'node:child_process';
import { buildProgram } from '../program.js';
import { commandTree } from './command-tree.js';
import { completionScript } from './scripts.js';

const NODES = commandTree(buildProgram());

/** What bash offers for the last of the words. */
function offered(...words: string[]): string[] {
  const line = ['coldpress', ...words].map((word) => `'${word}'`).join(' ');
  const script = `${completionScript('bash', NODES)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _coldpress; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe('completion in a shell', () => {
  it.each([
    [['mod'], ['models']],
    [
      ['models', 'pu'],
      ['push', 'pull'],
    ],
    [['models', 'push', 'net.onnx', '--na'], ['--name']],
    [['quantize', 'net.onnx', '--weight-b'], ['--weight-bits']],
    [
      ['quantize', 'net.onnx', '--weight-bits', ''],
      ['8', '4', '3', '2'],
    ],
    [['--json', 'quantize', 'net.onnx', '--scheme', 'w'], ['weightOnly']],
    [
      ['export', 'net.onnx', '--format', ''],
      ['ort', 'onnx'],
    ],
    [['run', 'recipe.yaml', '--out'], ['--output']],
    [
      ['sweep', 'export', 'latest', '--format', ''],
      ['csv', 'json'],
    ],
    [['completion', 'ba'], []],
    [['nothing', '--nothing-'], []],
  ])('%j offers %j', (words, expected) => expect(offered(...words)).toEqual(expected));

  it('knows every command and flag in every shell', () => {
    for (const { path, commands, flags } of NODES) {
      for (const command of commands)
        expect(completionScript('zsh', NODES)).toContain(`'${`${path} ${command}`.trim()}'`);
      for (const flag of flags) expect(completionScript('fish', NODES)).toContain(` -l ${flag.slice(2)}`);
    }
  });

  it.each(['zsh', 'fish'] as const)('is read by %s, where there is one', (shell) => {
    const { error, status } = spawnSync(shell, ['-n'], { input: completionScript(shell, NODES) });
    expect(error === undefined ? status : 0).toBe(0);
  });
});
