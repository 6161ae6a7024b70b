import { float32 } from '#inference';
import { scored } from '../scored.fixture.js';

describe('figures of a regression', () => {
  const answered = (values: number[], better = values) =>
    scored({
      task: 'regression',
      // Each pair of samples four times.
      size: 8,
      targets: { values: new Array<number>(16).fill(0), dims: [2] },
      models: [values, better].map((four) => ({ y: float32([8, 2], [four, four, four, four].flat()) })),
    });

  it('are the mean absolute and the root mean square error over all numbers', async () => {
    const { scores } = await answered([1, -1, 3, 1], [1, 1, 1, 1]);
    expect(scores.map(({ mae, rmse }) => [mae, rmse])).toEqual([
      [1.5, Math.sqrt(3)],
      [1, 1],
    ]);
    expect(scores[1]?.intervals?.mae).toMatchObject({ method: 'bootstrap', change: { difference: -0.5 } });
  });

  it('are left out with a reason where an answer is not finite', async () => {
    const { scores, skipped } = await answered([1, 1, 1, 1], [NaN, 1, 1, 1]);
    expect(scores.map((figures) => 'mae' in figures)).toEqual([true, false]);
    expect(skipped).toContainEqual({
      node: 'mae',
      reason: 'not measured for all models: answers to some samples are not finite',
    });
  });

  const ofShapes = (labels: number[], output: number[]) => {
    const zeros = (dims: number[]) => new Array<number>(dims.reduce((product, dim) => product * dim, 2)).fill(0);
    const targets = { values: zeros(labels), dims: labels };
    return scored({ task: 'regression', size: 2, targets, models: [{ y: float32([2, ...output], zeros(output)) }] });
  };

  it.each([
    ['more numbers', [], [3]],
    ['axes in another order', [3, 4], [4, 3]],
    ['as many numbers in other rows', [2, 6], [3, 4]],
    ['channels at another place', [3, 8, 8], [8, 8, 3]],
  ])('need an output of the shape of the labels, not one of %s', async (_, labels, output) => {
    await expect(ofShapes(labels, output)).rejects.toMatchObject({ code: 'task_output' });
  });

  it.each([
    ['of one number', [], [1]],
    ['with axes of one entry', [3, 4], [1, 3, 4, 1]],
    ['in a row', [3, 4], [12]],
    ['of pictures for labels in a row', [12], [1, 3, 4]],
  ])('read an output %s', async (_, labels, output) => {
    expect((await ofShapes(labels, output)).scores[0]).toMatchObject({ mae: 0 });
  });
});
