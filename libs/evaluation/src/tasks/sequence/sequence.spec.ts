import { float32, int64 } from '#inference';
import { scored } from '../scored.fixture.js';
import { collapse } from './decode.js';
import { editDistance } from './edit-distance.js';

const letters = (word: string) => [...word].map((letter) => letter.charCodeAt(0));

describe('sequences', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['saturday', 'sunday', 3],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
  ])('are as many edits apart as published: %s, %s', (from, to, edits) => {
    expect(editDistance(letters(from), letters(to))).toBe(edits);
  });

  it('are collapsed as connectionist temporal classification has it', () => {
    expect(collapse([0, 3, 3, 0, 3, 2, 2, 0, 0], 0)).toEqual([3, 3, 2]);
  });

  /** One-hot scores of symbol numbers. */
  const oneHot = (steps: number[], symbols: number) =>
    steps.flatMap((step) => Array.from({ length: symbols }, (_, c) => (c === step ? 1 : 0)));

  it('have a rate of errors over all symbols, and edits of a sample', async () => {
    const answers = [...oneHot([1, 1, 0, 2], 4), ...oneHot([3, 0, 0, 0], 4)];
    const settings = {
      task: 'sequence' as const,
      size: 2,
      targets: { values: [1, 2, -1, 3, 3, 3], dims: [3] },
    };
    const { scores } = await scored({ ...settings, models: [{ y: float32([2, 4, 4], answers) }] });
    // "1 2" is right; "3" lacks two of "3 3 3".
    expect(scores[0]).toMatchObject({ cer: 2 / 5, editDistance: 1 });
    const ids = await scored({
      ...settings,
      models: [{ y: int64([2, 4], [1, 2, 0, 9, 3, 3, 3, 0]) }],
      options: { sequence: { decoding: 'ids', blank: 0, end: 0, stepsFirst: false } },
    });
    expect(ids.scores[0]).toMatchObject({ cer: 0, editDistance: 0 });
  });

  it('have no rate where scores are not numbers', async () => {
    const { scores, skipped } = await scored({
      task: 'sequence',
      size: 1,
      targets: { values: [1, 2], dims: [2] },
      models: [{ y: float32([1, 2, 3], [NaN, NaN, NaN, 0, 0, 1]) }],
    });
    expect(scores[0]).not.toHaveProperty('cer');
    expect(skipped.map(({ node }) => node)).toEqual(expect.arrayContaining(['cer', 'editDistance']));
  });

  it('are read with steps first where that is said', async () => {
    const { scores } = await scored({
      task: 'sequence',
      size: 2,
      targets: { values: [1, 2], dims: [1] },
      models: [{ y: float32([1, 2, 3], [...oneHot([1], 3), ...oneHot([2], 3)]) }],
      options: { sequence: { decoding: 'ctc', blank: 0, stepsFirst: true } },
    });
    expect(scores[0]?.cer).toBe(0);
  });
});
