import { storedValues } from './stored-values.js';
import { thinnedPoint } from './throughput.js';

describe('samples of a data set that runs are fed', () => {
  const rows = [
    { name: 'mask', rows: 2, rowBytes: 1 },
    { name: 'x', rows: 3, rowBytes: 8 },
  ];
  const file = new Uint8Array([7, 9, ...new Uint8Array(new Float32Array([0, 1, 2, 3, 4, 5]).buffer)]);
  const x = (count: number, index: number) => storedValues(file, rows, { name: 'x', type: 'float32', count, index });

  it('follow each other from run to run, and go round', () => {
    expect([0, 1, 2, 3].map((index) => [...(x(2, index) ?? [])])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [0, 1],
    ]);
  });

  it('fill a batch, more than there are samples too', () => {
    expect([...(x(4, 1) ?? [])]).toEqual([4, 5, 0, 1]);
    expect([...(x(8, 0) ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
  });

  it('are those of the input, wherever it lies in the file', () => {
    expect(storedValues(file, rows, { name: 'mask', type: 'bool', count: 1, index: 1 })).toEqual(new Uint8Array([9]));
  });

  it.each([
    ['an input that the file does not hold', { name: 'y', type: 'float32', count: 2 }],
    ['a type that has no array', { name: 'x', type: 'string', count: 2 }],
    ['an input that is no whole number of samples', { name: 'x', type: 'float32', count: 3 }],
  ])('are not there for %s', (_what, input) => {
    expect(storedValues(file, rows, { ...input, index: 0 })).toBeNull();
  });
});

it('samples of many combinations are thinned by the same blocks of each model, so that a result holds all', () => {
  const samples = [0, 1].map((model) => Array.from({ length: 1000 }, (_, i) => i + model / 10));
  const sent = thinnedPoint(samples, 16);
  expect(sent.map(({ length }) => length)).toEqual([143, 143]);
  expect(sent.map((list) => list[1])).toEqual([7, 7.1]);
});
