import { PASSES, type PassName } from '#contracts';
import { Command } from 'commander';
import { addPassFlags, optionsFromFlags } from './pass-flags.js';
import { passOptions } from './pass-options.js';
import { addSubmissionOptions } from './submission.js';

const NAMES = Object.keys(PASSES) as PassName[];

/** What the flags say of a pass's options. */
function options(name: PassName, ...words: string[]): Record<string, unknown> {
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => undefined });
  addPassFlags(command, name);
  return optionsFromFlags(command.parse(words, { from: 'user' }), name);
}

describe('flags of passes', () => {
  it.each(NAMES)('%s has a flag for each option, none of which is one of the command itself', (name) => {
    const command = addSubmissionOptions(new Command(name), '')
      .option('--seed <number>')
      .option('--url <url>')
      .option('--api-key <key>')
      .option('--json');
    expect(() => addPassFlags(command, name)).not.toThrow();
    const keys = command.options.map((option) => option.attributeName());
    expect(keys).toEqual(expect.arrayContaining(passOptions(name).map(({ key }) => key)));
  });

  it('give numbers, words, lists and documents as a recipe would', () => {
    const words = [
      '--weight-bits',
      '4',
      '--rounding',
      'gptq',
      '--op-types',
      'Conv,Gemm',
      '--no-per-channel',
      '--equalize',
      '--bias-correction',
      'false',
      '--layer-bits',
      '{"*head*": 8}',
      '--exclude',
      '*stem*',
      '--exclude',
      'last',
    ];
    expect(options('quantize', ...words)).toEqual({
      weightBits: 4,
      rounding: 'gptq',
      opTypes: ['Conv', 'Gemm'],
      perChannel: false,
      equalize: true,
      biasCorrection: false,
      layerBits: { '*head*': 8 },
      exclude: ['*stem*', 'last'],
    });
    expect(options('analyze', '--widths', '8,4')).toEqual({ widths: [8, 4] });
    expect(options('distill', '--teacher', 'previous', '--student', '{ width: 0.5 }')).toEqual({
      teacher: 'previous',
      student: { width: 0.5 },
    });
    expect(options('prune', '--granularity', 'block', '--block', '[1, 8]')).toEqual({
      granularity: 'block',
      block: [1, 8],
    });
  });

  it('give nothing that was not said, so that defaults stay those of the pass', () =>
    expect(options('prune')).toEqual({}));

  it.each<[string, PassName, string[], RegExp]>([
    [
      'a value that is not allowed',
      'quantize',
      ['--weight-bits', '5'],
      /^--weight-bits: 5 is not allowed here: choose one of 8, 4, 3, 2$/,
    ],
    ['a number that is none', 'prune', ['--ratio', 'half'], /^--ratio: expected a number, got "half"$/],
    ['an empty number', 'prune', ['--ratio', ''], /^--ratio: expected a number/],
    [
      'a key that an option has not',
      'quantize',
      ['--mixed', '{byts: 0.2}'],
      /--mixed byts: there is no "byts" here: did you mean "bytes"/,
    ],
    ['a document that breaks off', 'quantize', ['--mixed', '{'], /^--mixed cannot be read as YAML: /],
    ['an option that is given twice', 'prune', ['--ratio', '0.5', '--ratio', '0.8'], /^--ratio is given 2 times/],
    [
      'several faults, each by its flag',
      'prune',
      ['--ratio', '2', '--steps', '0'],
      /^options that prune cannot take:\n {2}--ratio: .*\n {2}--steps: /,
    ],
    ['options that contradict each other', 'quantize', ['--scheme', 'dynamic', '--rounding', 'gptq'], /^--\w+: /],
  ])('tell %s', (_what, name, words, message) => expect(() => options(name, ...words)).toThrow(message));
});
