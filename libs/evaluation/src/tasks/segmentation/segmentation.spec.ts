import { float32 } from '#inference';
import { seededDraws } from '#measurement';
import { scored } from '../scored.fixture.js';

const segmented = (answers: number[], labels: number[], dims: readonly [number, number], size: number) =>
  scored({
    task: 'segmentation',
    size,
    targets: { values: labels, dims },
    models: [{ y: float32([size, ...dims], answers) }],
  });

describe('mIoU', () => {
  it('is that of scikit-learn and torchmetrics', async () => {
    const random = seededDraws(11);
    const labels = Array.from({ length: 5 * 6 * 7 }, () => Math.floor(random() * 3));
    const answers = labels.map((label) => (random() < 0.7 ? label : Math.floor(random() * 3)));
    const { scores } = await segmented(answers, labels, [6, 7], 5);
    expect(scores[0]?.miou).toBeCloseTo(0.6984900858140296, 12);
  });

  it('reads scores by channel as it reads class numbers, and leaves ignored pixels out', async () => {
    const labels = [0, 1, 1, 255];
    const byNumber = await segmented([0, 1, 0, 1], labels, [2, 2], 1);
    const channels = [1, 0, 1, 0, 0, 1, 0, 1];
    const byScore = await scored({
      task: 'segmentation',
      size: 1,
      targets: { values: labels, dims: [2, 2] },
      models: [{ y: float32([1, 2, 2, 2], channels) }],
    });
    // Class 0: 1 of 2, class 1: 1 of 2.
    expect([byNumber.scores[0]?.miou, byScore.scores[0]?.miou]).toEqual([0.5, 0.5]);
  });
});
