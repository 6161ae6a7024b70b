import type { HostTensors } from '#inference';
import { measureLatency, summarizeLatency } from './latency.js';

function recorder(name: string, log: string[]) {
  return { run: async (feeds: HostTensors) => (log.push(`${name}${String(feeds['i']!.data[0])}`), {}) };
}

const feeds = [0, 1].map((i): HostTensors => ({ i: { type: 'int32', dims: [1], data: Int32Array.of(i) } }));

describe('measureLatency', () => {
  it('lets each session run once a block, in an order that is drawn, and gives all of them the same input', async () => {
    const log: string[] = [];
    const subjects = ['a', 'b', 'c'].map((name) => ({ session: recorder(name, log), feeds }));
    const { samplesMs, coldMs } = await measureLatency(subjects, { runs: 20, warmupRuns: 1 });
    const blocks = Array.from({ length: 22 }, (_, block) => log.slice(3 * block, 3 * block + 3));
    blocks.forEach((runs, block) =>
      expect(runs.toSorted()).toEqual(['a', 'b', 'c'].map((name) => `${name}${block % 2}`)),
    );
    expect(new Set(blocks.map((runs) => runs.map((run) => run[0]).join(''))).size).toBe(6);
    expect(samplesMs.map(({ length }) => length)).toEqual([20, 20, 20]);
    expect(coldMs).toHaveLength(3);
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

  it('keeps 10,000 raw samples at most, from all of the measurement, and percentiles of all', () => {
    const samples = Array.from({ length: 25_000 }, (_, i) => i);
    const { latencySamplesMs, latencyMsP50 } = summarizeLatency(samples);
    expect([latencySamplesMs.length, latencySamplesMs.at(-1), latencyMsP50]).toEqual([8334, 24_999, 12_499.5]);
  });
});
