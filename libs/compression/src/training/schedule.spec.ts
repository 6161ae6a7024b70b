import { SCHEDULES, learningRateAt } from './schedule.js';

describe('learning rate schedules', () => {
  it.each(Object.entries(SCHEDULES))('%s stays between nothing and the full rate', (_, schedule) => {
    const shares = Array.from({ length: 101 }, (__, i) => schedule(i / 100));
    expect(Math.max(...shares)).toBeCloseTo(1, 6);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
  });

  it('rises in a straight line while it warms up', () => {
    const rate = (step: number) => learningRateAt(step, 100, { learningRate: 1, schedule: 'constant', warmup: 0.1 });
    expect([rate(0), rate(4), rate(9), rate(50)]).toEqual([0.1, 0.5, 1, 1]);
  });
});
