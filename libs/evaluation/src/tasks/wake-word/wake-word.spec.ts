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
