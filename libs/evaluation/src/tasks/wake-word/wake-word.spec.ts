import { float32 } from '#inference';
import { scored } from '../scored.fixture.js';

describe('figures of wake words', () => {
  const listened = (columns: number, scores: number[], labels: number[], classes = 2) =>
    scored({
      task: 'wakeWord',
      size: labels.length,
      labels,
      classes,
      models: [{ y: float32([labels.length, columns], scores) }],
      options: { wakeWord: { seconds: 36, threshold: 0.5 } },
    });

  it('are false accepts in an hour of audio without the word, and the share of words that are not heard', async () => {
    const { scores } = await listened(1, [0.9, 0.4, 0.6, 0.1, 0.2, 0.3], [1, 1, 0, 0, 0, 0]);
    // One of four samples of 36 s is accepted: 25 in an hour.
    expect(scores[0]).toMatchObject({ falseAcceptsPerHour: 25, falseRejects: 0.5 });
  });

  it('are not had of a model that hears nothing since its scores are no numbers', async () => {
    const { scores, skipped } = await listened(1, [0.9, NaN, 0.2], [1, 0, 0]);
    for (const metric of ['falseAcceptsPerHour', 'falseRejects']) {
      expect(scores[0]).not.toHaveProperty(metric);
      expect(skipped).toContainEqual({ node: metric, reason: expect.stringContaining('not numbers') });
    }
  });

  it('ask for a threshold where scores are no probabilities', async () => {
    const logits = { y: float32([2, 1], [4, -3]) };
    const ask = { task: 'wakeWord' as const, size: 2, labels: [1, 0], classes: 2, models: [logits] };
    const { skipped } = await scored({ ...ask, options: { wakeWord: { seconds: 36 } } });
    expect(skipped[0]?.reason).toContain('wakeWord: { seconds: 2, threshold: 0 }');
    const { scores } = await scored({ ...ask, options: { wakeWord: { seconds: 36, threshold: 0 } } });
    expect(scores[0]).toMatchObject({ falseAcceptsPerHour: 0, falseRejects: 0 });
  });

  it('agree where the same word is heard, or none', async () => {
    const [before, after] = [[0.9, 0.1, 0.2, 0.3, 0.4, 0.6], [0.6, 0.2, 0.4, 0.1, 0.8, 0.1]]; // prettier-ignore
    const { scores } = await scored({
      task: 'wakeWord',
      size: 3,
      labels: [1, 0, 2],
      classes: 3,
      options: { wakeWord: { seconds: 1 } },
      models: [{ y: float32([3, 2], before) }, { y: float32([3, 2], after) }],
    });
    expect(scores.map(({ agreement }) => agreement)).toEqual([1, 2 / 3]);
  });

  it('have an interval also where nothing was accepted', async () => {
    const { scores } = await listened(1, [0.9, 0.1, 0.2], [1, 0, 0]);
    const { low, high } = scores[0]?.intervals?.falseAcceptsPerHour ?? { low: 1, high: 0 };
    expect([scores[0]?.falseAcceptsPerHour, low]).toEqual([0, 0]);
    expect(high).toBeGreaterThan(50);
  });

  it('ask for the very word that is said, with a column for the background or without', async () => {
    const without = await listened(2, [0.9, 0.1, 0.9, 0.1, 0.1, 0.1], [1, 2, 0], 3);
    const background = await listened(3, [0.1, 0.9, 0.1, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1], [1, 2, 0], 3);
    for (const { scores } of [without, background])
      expect(scores[0]).toMatchObject({ falseRejects: 0.5, falseAcceptsPerHour: 0 });
  });
});
