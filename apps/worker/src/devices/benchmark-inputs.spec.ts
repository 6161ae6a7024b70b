import { ProcessError } from '#process';
import { benchmarkInputs } from './benchmark-inputs.js';

const dataset = { inputs: { '*': { type: 'float32', dims: [1, 28, 28] } } };
const input = (dims: (number | string)[] | null) => [{ name: 'x', type: 'float32', dims }];

describe('inputs of a benchmark', () => {
  it.each<[string, (number | string)[] | null, number[]]>([
    ['the batch that is asked for, where the model leaves it open', ['n', 1, 28, 28], [4, 1, 28, 28]],
    ["the model's own batch", [2, 1, 28, 28], [2, 1, 28, 28]],
    ['sizes of the data set where the model leaves them open', ['n', 1, 'h', 'w'], [4, 1, 28, 28]],
    ['a batch of its samples where the model declares no shape', null, [4, 1, 28, 28]],
  ])('have %s', (_what, declared, dims) => {
    expect(benchmarkInputs(input(declared), dataset, 4)).toEqual([{ name: 'x', type: 'float32', dims }]);
  });

  it.each([
    ['an open axis that no data tell', ['n', 'h']],
    ['no shape at all', null],
  ])('are refused for %s', (_what, declared) => {
    const make = () => benchmarkInputs(input(declared), null, 1);
    expect(make).toThrow(ProcessError);
    expect(make).toThrow(expect.objectContaining({ code: 'benchmark_input', permanent: true }));
  });
});
