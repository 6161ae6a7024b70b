import { float32 } from '#inference';
import { scored } from '../scored.fixture.js';

describe('the area under the curve of anomalies', () => {
  it('is the share of pairs that the score puts in order, ties by half', async () => {
    const { scores } = await scored({
      task: 'anomaly',
      size: 5,
      labels: [0, 0, 0, 1, 1],
      classes: 2,
      models: [{ y: float32([5], [0.1, 0.4, 0.35, 0.8, 0.35]) }],
    });
    // 0.8 beats three, 0.35 beats 0.1 and half of its equal.
    expect(scores[0]?.anomalyAuc).toBeCloseTo(4.5 / 6, 12);
  });

  it('takes the distance of what the model gives back from its input where that is said', async () => {
    const { scores } = await scored({
      task: 'anomaly',
      size: 2,
      labels: [0, 1],
      classes: 2,
      inputs: { x: float32([2, 2], [1, 2, 3, 4]) },
      models: [{ y: float32([2, 2], [1, 2.1, 3, 9]) }],
      options: { anomaly: { score: 'reconstruction' } },
    });
    expect(scores[0]?.anomalyAuc).toBe(1);
  });

  it('is told by no output whose axes stand in another order than the input’s', async () => {
    const [x, y] = [
      float32([2, 2, 3], new Array<number>(12).fill(0)),
      float32([2, 3, 2], new Array<number>(12).fill(0)),
    ];
    const options = { anomaly: { score: 'reconstruction' as const } };
    const wrong = scored({
      task: 'anomaly',
      size: 2,
      labels: [0, 1],
      classes: 2,
      inputs: { x },
      models: [{ y }],
      options,
    });
    await expect(wrong).rejects.toMatchObject({ code: 'task_output' });
  });
});
