import { acrossLayers, blockPattern, maskOf, nOfMPattern, singleWeights, unitMeans } from './patterns.js';

const layout = (...dims: number[]) => ({ dims, outputAxis: 0, inputAxis: 1 });
const options = (pattern = '2:4', block: [number, number] = [1, 1]) => ({ pattern, block }) as never;

describe('which weights go', () => {
  it('are the least, ties to the advantage of the later', () => {
    const pattern = singleWeights(layout(2, 3), options());
    expect([...maskOf([3, 1, 2, 1, 5, 1], pattern, 2)]).toEqual([0, 1, 0, 1, 0, 0]);
    expect([...maskOf([3, 1, 2, 1, 5, 1], pattern, 0)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('are two of four consecutive inputs each, whatever is asked for besides', () => {
    const pattern = nOfMPattern(layout(2, 4), options('2:4'));
    expect([...maskOf([1, 2, 3, 4, 9, 8, 7, 6], pattern, 0)]).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
  });

  it('are a part of a last pool that is not whole', () => {
    const pattern = nOfMPattern(layout(1, 6), options('1:4'));
    expect([...maskOf([1, 2, 3, 4, 1, 2], pattern, 0)]).toEqual([1, 1, 1, 0, 1, 0]);
  });

  it('are whole blocks of neighbours, by their mean', () => {
    const pattern = blockPattern(layout(2, 4), options('', [2, 2]));
    const scores = [1, 1, 0, 9, 1, 1, 9, 0];
    expect([...unitMeans(scores, pattern)]).toEqual([1, 4.5]);
    expect([...maskOf(scores, pattern, 1)]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });

  it('of kernels lie at one place of it', () => {
    const pattern = blockPattern(layout(2, 1, 2), options('', [2, 1]));
    expect([...pattern.unitOf]).toEqual([0, 1, 0, 1]);
  });
});

describe('scores that compare between layers', () => {
  const single = (count: number) => singleWeights(layout(1, count), options());

  it('are shares of what is not less, so that the last of a layer is as dear as can be', () => {
    expect([...acrossLayers([1, 2, 3], single(3), 1)]).toEqual([1 / 6, 2 / 5, 1]);
    expect([...acrossLayers([1, 2, 3], single(3), 2)]).toEqual([1 / 14, 4 / 13, 1]);
  });

  it('are nothing where a layer is all zeros', () => {
    expect([...acrossLayers([0, 0], single(2), 2)]).toEqual([0, 0]);
  });
});
