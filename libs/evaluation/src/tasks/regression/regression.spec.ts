import { float32 } from '#inference';
import { scored } from '../scored.fixture.js';

describe('figures of a regression', () => {
  const answered = (values: number[], better = values) =>
    scored({
      task: 'regression',
      size: 2,
      targets: { values: [0, 0, 0, 0], dims: [2] },
      models: [{ y: float32([2, 2], values) }, { y: float32([2, 2], better) }],
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

  it('need an output of the shape of the labels', async () => {
    const wrong = scored({
      task: 'regression',
      size: 2,
      targets: { values: [0, 0], dims: [] },
      models: [{ y: float32([2, 3], [1, 1, 1, 1, 1, 1]) }],
    });
    await expect(wrong).rejects.toMatchObject({ code: 'task_output' });
  });
});
