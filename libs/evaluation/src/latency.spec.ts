import type { HostTensors } from '#inference';
import { measureLatency, roundOrder, summarizeLatency } from './latency.js';

function recorder(name: string, log: string[]) {
  return { run: async (feeds: HostTensors) => (log.push(`${name}${String(feeds['i']!.data[0])}`), {}) };
}

const feeds = [0, 1].map((i): HostTensors => ({ i: { type: 'int32', dims: [1], data: Int32Array.of(i) } }));

describe('measureLatency', () => {
  it('alternates the sessions and gives all of them the same input', async () => {
    const log: string[] = [];
    const samples = await measureLatency(
      [
        { session: recorder('a', log), feeds },
        { session: recorder('b', log), feeds },
      ],
      { runs: 2, warmupRuns: 1 },
    );
    expect(log).toEqual(['a0', 'b0', 'a1', 'b1', 'a0', 'b0']);
    expect(samples.map(({ length }) => length)).toEqual([2, 2]);
  });

  it.each([3, 4, 5, 6])('lets each of %i sessions follow each other one equally often', (count) => {
    const follows = new Map<string, number>();
    for (let round = 0; round < 2 * count; round++) {
      const order = roundOrder(round, count);
      expect(order.toSorted()).toEqual(Array.from({ length: count }, (_, i) => i));
      for (let i = 1; i < count; i++)
        follows.set(`${order[i - 1]} ${order[i]}`, (follows.get(`${order[i - 1]} ${order[i]}`) ?? 0) + 1);
    }
    expect(follows.size).toBe(count * (count - 1));
    expect(new Set(follows.values()).size).toBe(1);
  });

  it('reports its progress to the end', async () => {
    const seen: number[] = [];
    await measureLatency([{ session: recorder('a', []), feeds }], {
      runs: 3,
      warmupRuns: 1,
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('summarizeLatency', () => {
  it('keeps the raw samples beside the percentiles, to the microsecond', () => {
    expect(summarizeLatency([1.00049, 2, 3])).toEqual({
      latencyMsP50: 2,
      latencyMsP95: expect.closeTo(2.9),
      latencySamplesMs: [1, 2, 3],
    });
  });
});
