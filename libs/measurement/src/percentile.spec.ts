import { percentile } from './percentile.js';

describe('percentile', () => {
  it('interpolates between the closest ranks as NumPy does', () => {
    const samples = [15, 20, 35, 40, 50];
    expect([0, 25, 40, 50, 95, 100].map((q) => percentile(samples, q))).toEqual([15, 20, 29, 35, 48, 50]);
  });

  it('takes samples in any order and leaves them as they are', () => {
    const samples = [3, 1, 2];
    expect(percentile(samples, 50)).toBe(2);
    expect(samples).toEqual([3, 1, 2]);
  });

  it('refuses no samples and a share outside 0..100', () => {
    expect(() => percentile([], 50)).toThrow(/samples/);
    expect(() => percentile([1], 101)).toThrow(/q = 101/);
  });
});
