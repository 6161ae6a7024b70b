import { chanceWarning } from './chance.js';

describe('a share of right answers is told to be no better than chance', () => {
  it.each([
    [0.1, 1000, 10],
    // Three deviations of a tenth over 100 samples are nine hundredths.
    [0.19, 100, 10],
    [0.02, 1000, 10],
  ])('%f of %i samples and %i classes', (top1, samples, classes) => {
    expect(chanceWarning({ top1, samples, classes })).toMatch(
      /no better than chance \(10 % for 10 classes\): check the preprocessing/,
    );
  });

  it.each([
    [0.2, 100, 10],
    [0.12, 10_000, 10],
    // So few cannot tell.
    [0, 3, 2],
    [1, 100, 1],
  ])('and not %f of %i samples and %i classes', (top1, samples, classes) => {
    expect(chanceWarning({ top1, samples, classes })).toBeNull();
  });
});
