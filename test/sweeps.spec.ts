import { listedTrial, trialsOfColumns } from '#contracts';
import type { Job, Model, Sweep, SweepForecast, SweepItem, SweepResults, TrialColumns } from '#contracts';
import { connect } from '#database';
import { SweepHarness } from './sweep-harness.js';
import { stopWorker } from './worker-harness.js';

/**
 * A training that goes on until it is ended: as many epochs as may be, in steps of one sample each. No machine comes
 * through one of them between two looks at its figures, a few times a second.
 */
const ENDLESS = { epochs: 1000, batchSize: 1 };

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

    const { body: columns } = await api.call<TrialColumns>('GET', `/v1/sweeps/${ended.id}/trials/columns`);
    expect(trialsOfColumns(columns)).toEqual((await harness.trials(ended.id)).map(listedTrial));

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

  it('of 1,000 trials, 16 at a time, lets a job of somebody else begin as soon as a stage has ended', async () => {
    const { id } = await harness.launch({
      passes: [
        { pass: 'prune', options: { granularity: 'weight', ratio: { min: 0, max: 0.4995, step: 0.0005 } } },
        { pass: 'prune', name: 'more', options: { granularity: 'weight', ratio: 0.9 } },
      ],
      objectives: [{ metric: 'bytes' }],
      sampler: 'grid',
      limits: { trials: 1000, parallel: 16 },
    });
    await harness.until(id, ({ counts }) => counts.running === 16 && counts.complete > 0);
    const { body: job } = await harness.api.call<Job>('POST', '/v1/jobs', {
      json: { model: harness.model.id, recipe: { passes: [{ pass: 'prune', options: { ratio: 0.3 } }] } },
    });
    const accepted = new Date();
    await (await harness.api.open('GET', `/v1/jobs/${job.id}/events`)).text();
    await harness.api.call('POST', `/v1/sweeps/${id}/cancel`);
    const database = connect(harness.api.config.databaseUrl);
    const { rows } = await database.pool.query<{ count: number }>(
      `select count(*)::int as count from job_stages s join jobs j on j.id = s.job_id where j.sweep_id = $1
       and s.started_at > $2 and s.started_at < (select min(started_at) from job_stages where job_id = $3)`,
      [id, accepted, job.id],
    );
    await database.close();
    // Two stages run at a time: what they had taken from the line by then begins first, and none of the others that wait.
    expect(rows[0]?.count).toBeLessThanOrEqual(2);
  });

  it('begins with what earlier sweeps and jobs have measured, and tries the rest', async () => {
    const prune = (grid: number[]) => ({
      passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: { grid } } }],
      objectives: [{ metric: 'compressedBytes' }],
      limits: { parallel: 1 },
    });
    const first = await harness.end((await harness.launch(prune([0.12, 0.22]))).id);
    const job = await harness.run({ passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: 0.32 } }] });
    const launched = await harness.launch({ ...prune([0.22, 0.32, 0.42]), warmStart: [first.id, job.id] });
    expect(launched.forecast).toMatchObject({ earlier: 2, trials: 1 });
    const ended = await harness.end(launched.id);
    expect(ended).toMatchObject({ state: 'finished', counts: { complete: 3 }, cost: { stagesExecuted: 1 } });
    const origins = (await harness.trials(launched.id)).map(({ origin, assignment }) => [
      origin,
      assignment['prune.ratio'],
    ]);
    expect(origins).toEqual([
      ['earlier', 0.22],
      ['earlier', 0.32],
      ['sampler', 0.42],
    ]);
    const { front } = (await harness.api.call<SweepResults>('GET', `/v1/sweeps/${launched.id}/results`)).body;
    expect(front).toHaveLength(1);
    const none = { ...prune([0.5]), warmStart: ['00000000-0000-4000-8000-000000000000'] };
    expect(await harness.api.problem('POST', '/v1/sweeps', { json: harness.body(none) })).toMatchObject({
      code: 'invalid_sweep',
      errors: [{ field: 'sweep.warmStart[0]', message: expect.stringContaining('no sweep and no job') }],
    });
  });

  it('ends a trial whose training falls behind that of another, and lets the better one run', async () => {
    const learningRate = { choice: [0.001, 1e-8] };
    const { id } = await harness.launch({
      passes: [
        { pass: 'prune', options: { granularity: 'weight', ratio: 0.9 } },
        { pass: 'distill', options: { ...ENDLESS, learningRate } },
        EVALUATE,
      ],
      objectives: [{ metric: 'top1' }],
      stopping: { rule: 'asha', value: 'loss', from: 2 },
      limits: { parallel: 2 },
    });
    await harness.until(id, ({ counts }) => counts.running + counts.stopped === 2);
    for (const { jobId } of await harness.trials(id)) await harness.untilEpoch(jobId ?? '', 3);
    // Whoever drives sweeps looks every few seconds, and when one is changed.
    await harness.api.call('PATCH', `/v1/sweeps/${id}`, { json: { parallel: 3 } });
    await harness.until(id, ({ counts }) => counts.stopped > 0);
    const trials = await harness.trials(id);
    await harness.api.call('POST', `/v1/sweeps/${id}/cancel`);
    await harness.end(id);
    expect(trials.map(({ state }) => state)).toEqual(['running', 'stopped']);
    expect(trials[1]?.reason).toMatch(/^its loss of .* after epoch \d+ is not among the best third of the trials/);
  });

  it('ends by the median a trial that learns less than half of five others, while these go on', async () => {
    const worker = await harness.startWorker({ concurrency: 6 });
    const [good, poor] = [[0.001, 0.0012, 0.0014, 0.0016, 0.0018], 1e-9];
    const distill = (name: string, rate: unknown, batchSize: number) => {
      const options = { ...ENDLESS, batchSize, learningRate: '$rate' };
      return { pass: 'distill', name, when: { rate }, options };
    };
    const { id } = await harness.launch({
      parameters: { rate: { choice: [...good, poor] } },
      passes: [
        { pass: 'prune', options: { granularity: 'weight', ratio: 0.9 } },
        ...[distill('quick', good, 256), distill('slow', poor, 8)],
        EVALUATE,
      ],
      objectives: [{ metric: 'top1' }],
      stopping: { rule: 'median', value: 'softLoss', from: 3 },
      limits: { parallel: 5 },
      sampler: 'grid',
    });
    await harness.until(id, ({ counts }) => counts.running === 5);
    // The poor one begins behind the five others and never catches up with them: it alone is held against five.
    for (const { jobId } of await harness.trials(id)) await harness.untilEpoch(jobId ?? '', 8);
    await harness.api.call('PATCH', `/v1/sweeps/${id}`, { json: { parallel: 6 } });
    await harness.until(id, ({ counts }) => counts.stopped > 0);
    const trials = await harness.trials(id);
    await harness.api.call('POST', `/v1/sweeps/${id}/cancel`);
    await harness.end(id);
    await stopWorker(worker, 'SIGTERM');
    expect(trials.map(({ state }) => state)).toEqual([...good.map(() => 'running'), 'stopped']);
    expect(trials.at(-1)?.reason).toMatch(
      /^its softLoss of .* after epoch \d+ is worse than the median of the other trials at that epoch$/,
    );
  });

  it('ends a trial at once whose size can no longer come down to what is asked', async () => {
    const ended = await harness.end(
      (
        await harness.launch({
          ...SMALL,
          passes: [
            { pass: 'prune', options: { ratio: { grid: [0.2, 0.8] } } },
            { pass: 'distill', options: ENDLESS },
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
      await harness.api.call('POST', `/v1/sweeps/${id}/pause`);
      await harness.api.restart();
      expect(await harness.get(id)).toMatchObject({ state: 'paused', reason: 'paused by request' });
      await harness.api.call('POST', `/v1/sweeps/${id}/resume`);
      await harness.startWorker();
      const ended = await harness.end(id);
      expect(ended).toMatchObject({
        state: 'finished',
        counts: { complete: 4, failed: 0, stopped: 0 },
        cost: { trials: 4, stages: 8, stagesDistinct: 6 },
      });
      // One whose worker was killed between its result and its record is found by the next.
      expect(ended.cost.stagesExecuted).toBeLessThanOrEqual(6);
      const assignments = (await harness.trials(id)).map(({ assignment }) => JSON.stringify(assignment));
      expect(new Set(assignments).size).toBe(4);
    } finally {
      await harness.stop();
    }
  });
});
