import { float32 } from '#inference';
import { seededRandom } from '#numbers';
import { scored } from '../scored.fixture.js';

/** 30 vectors about 6 centres; the figures are scikit-learn's for the same numbers. */
function vectors() {
  const random = seededRandom(13);
  const labels = Array.from({ length: 30 }, (_, i) => i % 6);
  const centres = labels.slice(0, 6).map(() => Array.from({ length: 8 }, () => random() - 0.5));
  const values = labels.flatMap((label) => (centres[label] ?? []).map((centre) => centre + 0.5 * (random() - 0.5)));
  return { labels, values };
}

describe('figures of embeddings', () => {
  it('are recall and the equal error rate of verification', async () => {
    const { labels, values } = vectors();
    const y = float32([30, 8], values);
    const { scores } = await scored({ task: 'embedding', size: 30, labels, classes: 6, models: [{ y }] });
    expect(scores[0]).toMatchObject({ eer: expect.closeTo(0.072, 6), recallAt1: 29 / 30, recallAt5: 1 });
    expect(scores[0]?.cosine).toBeCloseTo(1, 6);
  });

  it('are the cosine to the baseline alone without labels, and say so', async () => {
    const [a, b] = [float32([2, 2], [1, 0, 0, 1]), float32([2, 2], [2, 0, 3, 3])];
    const { scores, skipped } = await scored({ task: 'embedding', size: 2, models: [{ y: a }, { y: b }] });
    expect(scores[1]?.cosine).toBeCloseTo((1 + Math.SQRT1_2) / 2, 6);
    const missing = skipped.filter(({ reason }) => reason.startsWith('not measured'));
    expect(missing.map(({ node }) => node)).toEqual(['recallAt1', 'recallAt5', 'eer']);
  });

  it('do not ask of a sample alone in its class which is nearest', async () => {
    const y = float32([3, 2], [1, 0, 1, 0.1, 0, 1]);
    const { scores } = await scored({ task: 'embedding', size: 3, labels: [0, 0, 1], classes: 2, models: [{ y }] });
    expect(scores[0]?.intervals?.recallAt1).toMatchObject({ samples: 2 });
    expect(scores[0]).toMatchObject({ recallAt1: 1, eer: 0 });
  });
});
