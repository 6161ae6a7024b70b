import type { HostTensors } from '#inference';
import { LEAST_BLOCKS } from '#measurement';
import { measureSpeedup } from './speedup.js';

describe('measureSpeedup', () => {
  const feeds: HostTensors[] = [{}];
  const subject = (name: string, log: string[], ms = 0) => ({
    session: { run: async () => (log.push(name), busy(ms), {}) },
    feeds,
  });

  it('runs both models of each pair, in an order that is drawn', async () => {
    const log: string[] = [];
    const { pairs } = await measureSpeedup(subject('a', log), subject('b', log), { maxPairs: 30, warmupPairs: 1 });
    const orders = log.join('').match(/../g) ?? [];
    expect(pairs).toBe(30);
    expect(orders).toHaveLength(1 + 1 + 30);
    expect(new Set(orders)).toEqual(new Set(['ab', 'ba']));
  });

  it('times enough pairs for an interval when time is up from the start', async () => {
    const log: string[] = [];
    const options = { maxSeconds: 0.05, warmupPairs: 1 };
    const { pairs, low } = await measureSpeedup(subject('a', log, 10), subject('b', log, 10), options);
    expect(pairs).toBeGreaterThanOrEqual(LEAST_BLOCKS);
    expect(low).toEqual(expect.any(Number));
  });
});

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
