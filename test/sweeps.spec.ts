import type { Sweep, SweepForecast, SweepResults } from '#contracts';
import { SweepHarness } from './sweep-harness.js';

const EVALUATE = { pass: 'evaluate', options: { samples: 200, latencyRuns: 5, warmupRuns: 0 } };

/** bits x ratio x distill: 2 x 2 x 2, of which the first stage is shared by four and the second by two. */
const SMALL = {
  seed: 1,
  passes: [
    { pass: 'quantize', options: { samples: 16, calibration: 'minmax', weightBits: { grid: [8, 4] } } },
    { pass: 'prune', options: { granularity: 'weight', ratio: { grid: [0.3, 0.5] } } },
    { pass: 'distill', optional: true, options: { epochs: 1, batchSize: 64 } },
    EVALUATE,
  ],
  objectives: [{ metric: 'compressedBytes' }, { metric: 'top1' }],
  constraints: [{ metric: 'top1', maxDrop: 0.5 }],
  limits: { parallel: 2 },
};

describe('a sweep', () => {
  let harness: SweepHarness;
  beforeAll(async () => {
    harness = await SweepHarness.start({ concurrency: 2 });
    await harness.startWorker();
  });
  afterAll(() => harness.stop());

  it('runs every trial, and each stage that they share once, as it was foreseen', async () => {
    const { api } = harness;
    const foreseen = (await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json: harness.body(SMALL) }))
      .body;
    expect(foreseen).toMatchObject({
      problems: [],
      spaceSize: 8,
      trials: 8,
      sampler: 'grid',
      isExact: true,
      stages: 28,
      stagesDistinct: 2 + 4 + 4 + 8,
      stagesCached: 0,
      seconds: null,
      secondsUnknown: [
        { pass: 'quantize', stages: 2 },
        { pass: 'prune', stages: 4 },
        { pass: 'evaluate', stages: 8 },
        { pass: 'distill', stages: 4 },
      ],
    });
    const ended = await harness.end((await harness.launch(SMALL)).id);
    expect(ended).toMatchObject({
      state: 'finished',
      counts: { complete: 8, failed: 0, stopped: 0, infeasible: 0 },
      cost: { trials: 8, stages: 28, stagesDistinct: 18, stagesExecuted: 18 },
    } satisfies Partial<Record<keyof Sweep, unknown>>);

    const results = (await api.call<SweepResults>('GET', `/v1/sweeps/${ended.id}/results`)).body;
    expect(results.front.length).toBeGreaterThan(0);
    const again = (await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json: harness.body(SMALL) })).body;
    expect(again).toMatchObject({ stagesDistinct: 18, stagesCached: 18, seconds: 0, bytes: 0 });
  });
});
