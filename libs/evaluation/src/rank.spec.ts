import { rankOf } from './rank.js';

describe('rankOf', () => {
  it('gives a tie to the class of the lower number, as argmax does', () => {
    expect([0, 1, 2].map((label) => rankOf([1, 1, 1], 0, 3, label))).toEqual([0, 1, 2]);
    expect(rankOf([9, 9, 5, 5], 2, 2, 1)).toBe(1);
  });

  it('never counts a broken output as right: what is not a number ranks first, and has no rank as the label', () => {
    expect(rankOf([NaN, 1], 0, 2, 1)).toBe(1);
    expect(rankOf([NaN, NaN], 0, 2, 0)).toBe(Infinity);
  });
});
