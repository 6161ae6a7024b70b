import type { ListedTrial } from '#contracts';
import { bestTrials } from './best-trials.js';

const SWEEP = {
  objectives: [
    { metric: 'compressedBytes', direction: 'minimize' as const },
    { metric: 'top1', direction: 'maximize' as const },
  ],
};
const trial = (number: number, compressedBytes: number, top1: number, more: Partial<ListedTrial> = {}) =>
  ({
    number,
    state: 'complete',
    violation: 0,
    jobId: `job ${number}`,
    metrics: { compressedBytes, top1 },
    ...more,
  }) as ListedTrial;
const numbers = (trials: ListedTrial[]) =>
  bestTrials(SWEEP, trials).map(({ trial, titles }) => [trial.number, titles.length]);

describe('the best trials', () => {
  it('are the first in each objective, told once where one is first in both', () => {
    expect(numbers([trial(0, 100, 0.9), trial(1, 50, 0.8), trial(2, 70, 0.85)])).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(numbers([trial(0, 100, 0.8), trial(1, 50, 0.9)])).toEqual([[1, 2]]);
  });

  it('hold every constraint, are complete and have a job', () => {
    const unable = [
      trial(1, 1, 1, { violation: 2 }),
      trial(2, 1, 1, { state: 'stopped' }),
      trial(3, 1, 1, { jobId: null }),
      trial(4, 1, 1, { metrics: null }),
    ];
    expect(numbers([trial(0, 100, 0.5), ...unable])).toEqual([[0, 2]]);
    expect(numbers(unable)).toEqual([]);
  });
});
