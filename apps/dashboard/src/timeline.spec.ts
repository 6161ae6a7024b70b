import { foldedScale } from './timeline.js';

describe('a timeline', () => {
  it('folds idle time, and says how long it was', () => {
    const { at, folds } = foldedScale(
      [
        { from: 0, to: 50 },
        { from: 10_000, to: 10_050 },
      ],
      106,
    );
    expect([0, 50, 10_000, 10_050].map(at)).toEqual([0, 50, 56, 106]);
    expect(folds).toEqual([{ at: 53, ms: 9950 }]);
    expect(at(5000)).toBe(50);
  });

  it('keeps short gaps as they are, and holds spans that overlap', () => {
    const spans = [
      { from: 100, to: 200 },
      { from: 150, to: 300 },
      { from: 302, to: 400 },
    ];
    const { at, folds } = foldedScale(spans, 300);
    expect(folds).toEqual([]);
    expect([100, 250, 302, 400].map(at)).toEqual([0, 150, 202, 300]);
  });
});
