import { percentileRange } from './histogram.js';

const counts = (...values: number[]) => Float64Array.from(values);

describe('percentileRange', () => {
  it('keeps the whole range at 100 percent', () => {
    expect(percentileRange({ min: 0, max: 4, counts: counts(1, 0, 0, 1) }, 100)).toEqual({ min: 0, max: 4 });
  });

  it('drops the tail that holds no more than the share allowed', () => {
    expect(percentileRange({ min: 0, max: 4, counts: counts(980, 10, 9, 1) }, 99)).toEqual({ min: 0, max: 2 });
  });

  it('drops both tails', () => {
    expect(percentileRange({ min: -2, max: 2, counts: counts(1, 500, 500, 1) }, 99.8)).toEqual({ min: -1, max: 1 });
  });

  it('never drops every bin', () => {
    expect(percentileRange({ min: 0, max: 1, counts: counts(7) }, 50)).toEqual({ min: 0, max: 1 });
  });
});
