import { float32 } from '#inference';
import { seededRandom } from '#numbers';
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
    const random = seededRandom(11);
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

  const plane = (values: number[], threshold?: number) =>
    scored({
      task: 'segmentation',
      size: 1,
      targets: { values: [0, 1, 1, 0], dims: [2, 2] },
      models: [{ y: float32([1, 1, 2, 2], values) }],
      options: threshold === undefined ? {} : { segmentation: { ignore: 255, threshold } },
    });

  it('takes scores of one class for the answer from a threshold on, and never for class numbers', async () => {
    // Class 0: 1 of 2, class 1: 2 of 3.
    const { scores } = await plane([0.2, 0.9, 0.7, 0.8], 0.5);
    expect(scores[0]?.miou).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    await expect(plane([0.2, 0.9, 0.7, 0.8])).rejects.toThrow('segmentation: { threshold: 0.5 }');
  });

  it('is not had of scores that are not numbers', async () => {
    const { scores, skipped } = await plane([NaN, 0.9, 0.7, 0.1], 0.5);
    expect(scores[0]).not.toHaveProperty('miou');
    expect(skipped).toContainEqual({ node: 'miou', reason: 'not measured: scores of some pixels are not numbers' });
  });

  it.each([
    ['of no class of the model', 2],
    ['below 0', -1],
    ['that is no whole number', 0.5],
  ])('refuses a label %s, which would count nowhere', async (_what, label) => {
    const labelled = scored({
      task: 'segmentation',
      size: 1,
      targets: { values: [0, 1, label, 255], dims: [2, 2] },
      models: [{ y: float32([1, 2, 2, 2], [1, 0, 1, 0, 0, 1, 0, 1]) }],
    });
    await expect(labelled).rejects.toMatchObject({ code: 'task_labels', message: expect.stringContaining(`${label}`) });
  });
});
