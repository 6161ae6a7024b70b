import type { Job, Model, Sweep, SweepForecast, SweepItem, SweepResults } from '#contracts';
import { SweepHarness } from './sweep-harness.js';
import { stopWorker } from './worker-harness.js';

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
    const { front } = results;
    expect(front.length).toBeGreaterThan(0);
    expect(front.map(({ metrics }) => metrics?.compressedBytes)).toEqual(
      front.map(({ metrics }) => metrics!.compressedBytes!).toSorted((x, y) => x - y),
    );
    expect(results.hypervolume.at(-1)).toMatchObject({ trials: 8, hypervolume: expect.any(Number) });
    const again = (await api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json: harness.body(SMALL) })).body;
    expect(again).toMatchObject({ stagesDistinct: 18, stagesCached: 18, seconds: 0, bytes: 0 });
  });

  it('replays a trial to the same bytes on another server, and promotes its model by name', async () => {
    const { api } = harness;
    const [sweep] = (await api.call<{ items: SweepItem[] }>('GET', '/v1/sweeps')).body.items;
    const trial = (await harness.trials(sweep!.id)).at(-1)!;
    const { recipe } = (await api.call<Job>('GET', `/v1/jobs/${trial.jobId}`)).body;
    const elsewhere = await SweepHarness.start();
    try {
      await elsewhere.startWorker();
      expect((await elsewhere.run(recipe)).stages.at(-1)?.modelDigest).toBe(trial.modelDigest);
    } finally {
      await elsewhere.stop();
    }
    const path = `/v1/sweeps/${sweep!.id}/trials/${trial.number}/promote`;
    const { body: model } = await api.call<Model>('POST', path, { json: { name: 'the smallest' } });
    expect(model).toMatchObject({ id: trial.modelDigest, name: 'the smallest', bytes: trial.metrics?.bytes });
    expect((await harness.trials(sweep!.id)).at(-1)?.promotedAs).toBe('the smallest');
    expect((await api.call<Model>('GET', `/v1/models/${model.id}`)).status).toBe(200);
  });

  it('measures its best trial once more, on digits that the search did not see', async () => {
    const { id } = await harness.launch({
      ...SMALL,
      passes: [SMALL.passes[1], { ...EVALUATE, options: { ...EVALUATE.options, samples: 100, shuffleSeed: 1 } }],
      constraints: [{ metric: 'top1', maxDrop: 1 }],
      verify: { skip: 100, shuffleSeed: 1 },
    });
    const ended = await harness.end(id);
    const [best] = (await harness.trials(id)).toSorted(
      (a, b) => a.metrics!.compressedBytes! - b.metrics!.compressedBytes!,
    );
    expect(ended.verification).toMatchObject([{ number: best!.number, passed: true, gates: [{ passed: true }] }]);
    expect(ended.reason).toContain(`trial ${best!.number} holds on samples that the search did not see`);
    const job = (await harness.api.call<Job>('GET', `/v1/jobs/${ended.verification[0]!.jobId}`)).body;
    expect(job.recipe.passes[1]?.options).toMatchObject({ skip: 100 });
    expect(job.stages.map(({ cached }) => cached)).toEqual([true, false]);
    expect(job.stages[1]).toMatchObject({ modelDigest: best!.modelDigest, summary: { samples: 100 } });
    expect(job.stages[1]!.metrics!.top1).not.toBe(best!.metrics!.top1);
  });

  it('tries more where it is given more while it runs', async () => {
    const { id } = await harness.launch({
      passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: { grid: [0.15, 0.25, 0.35, 0.45] } } }],
      objectives: [{ metric: 'compressedBytes' }],
      limits: { trials: 2, parallel: 1 },
    });
    await harness.until(id, ({ counts }) => counts.running + counts.complete > 0);
    await harness.api.call('PATCH', `/v1/sweeps/${id}`, { json: { trials: 4 } });
    expect(await harness.end(id)).toMatchObject({ state: 'finished', counts: { complete: 4 } });
  });

  it('ends a trial at once whose size can no longer come down to what is asked', async () => {
    const ended = await harness.end(
      (
        await harness.launch({
          ...SMALL,
          passes: [
            { pass: 'prune', options: { ratio: { grid: [0.2, 0.8] } } },
            { pass: 'distill', options: { epochs: 200, batchSize: 32 } },
            EVALUATE,
          ],
          constraints: [{ metric: 'parameters', maxRatio: 0.5 }],
          limits: { parallel: 1, trials: 1 },
        })
      ).id,
    );
    expect(ended.counts).toMatchObject({ stopped: 1, complete: 0 });
    const [trial] = await harness.trials(ended.id);
    expect(trial).toMatchObject({
      state: 'stopped',
      reason: expect.stringMatching(/^number of parameters is \d+ after stage 1/),
    });
  });
});

describe('a sweep whose processes are killed', () => {
  it('loses nothing and runs nothing twice', async () => {
    const harness = await SweepHarness.start({ lockMs: 3000 });
    try {
      const { id } = await harness.launch({
        ...SMALL,
        passes: [SMALL.passes[0], SMALL.passes[1]],
        objectives: [{ metric: 'bytes' }],
        constraints: [],
      });
      for (let kill = 0; kill < 3; kill++) {
        const worker = await harness.startWorker();
        await harness.until(id, ({ counts }) => counts.complete + counts.running > kill);
        await stopWorker(worker, 'SIGKILL');
      }
      await harness.api.restart();
      await harness.startWorker();
      const ended = await harness.end(id);
      expect(ended).toMatchObject({
        state: 'finished',
        counts: { complete: 4, failed: 0, stopped: 0 },
        cost: { trials: 4, stages: 8, stagesDistinct: 6, stagesExecuted: 6 },
      });
      const assignments = (await harness.trials(id)).map(({ assignment }) => JSON.stringify(assignment));
      expect(new Set(assignments).size).toBe(4);
    } finally {
      await harness.stop();
    }
  });
});
