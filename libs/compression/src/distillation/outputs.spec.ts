import { float32, type HostTensors } from '#inference';
import { pairOutputs, type OutputPairsRequest } from './outputs.js';

const answer = (...dims: number[]) => float32(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));

function pair(
  answers: HostTensors,
  outputs: Record<string, readonly number[]>,
  rest: Partial<OutputPairsRequest> = {},
) {
  return pairOutputs({
    outputs: Object.keys(outputs),
    shapes: new Map(Object.entries(outputs)),
    answers,
    classes: null,
    kinds: 'auto',
    ...rest,
  });
}

describe('pairOutputs', () => {
  it('pairs by name, whatever the order', () => {
    expect(
      pair({ a: answer(2, 3), b: answer(2, 5) }, { b: [2, 5], a: [2, 3] }).map(({ output, answer: name }) => [
        output,
        name,
      ]),
    ).toEqual([
      ['b', 'b'],
      ['a', 'a'],
    ]);
  });

  it('pairs by position when no name is common', () => {
    expect(pair({ t: answer(2, 3) }, { y: [2, 3] })).toEqual([
      expect.objectContaining({ output: 'y', answer: 't', dims: [2, 3], kind: 'mse' }),
    ]);
  });

  it.each([
    ['classes as wide as the output', 3, 'classification'],
    ['other classes', 10, 'mse'],
    ['no labels', null, 'mse'],
    ['no data set', undefined, 'classification'],
  ])('takes [N, 3] by itself, with %s, for a %s', (_, classes, kind) => {
    expect(pair({ y: answer(2, 3) }, { y: [2, 3] }, { classes })[0]!.kind).toBe(kind);
  });

  it('takes several outputs for regressions unless the options say otherwise', () => {
    const [answers, outputs] = [
      { boxes: answer(2, 4), scores: answer(2, 3) },
      { boxes: [2, 4], scores: [2, 3] },
    ];
    expect(pair(answers, outputs, { classes: 3 }).map(({ kind }) => kind)).toEqual(['mse', 'mse']);
    expect(pair(answers, outputs, { classes: 3, kinds: { scores: 'classification' } }).map(({ kind }) => kind)).toEqual(
      ['mse', 'classification'],
    );
  });

  it('names the nearest output when the options name an unknown one', () => {
    expect(() => pair({ scores: answer(2, 3) }, { scores: [2, 3] }, { kinds: { score: 'mse' } })).toThrow(
      /outputs names "score", .* did you mean "scores"\?/,
    );
  });

  it('refuses answers of another shape, and classes of more than one axis', () => {
    expect(() => pair({ y: answer(2, 4) }, { y: [2, 3] })).toThrow(/"y" is \[2,3\], the teacher's is \[2,4\]/);
    expect(() => pair({ y: answer(2, 4, 3) }, { y: [2, 4, 3] }, { kinds: 'classification' })).toThrow(
      /choose mse or cosine/,
    );
  });
});
