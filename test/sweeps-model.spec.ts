import type { Job, SweepForecast, SweepResults } from '#contracts';
import { SweepHarness } from './sweep-harness.js';

const SHARE = { grid: [0, 0.5] };

/** Shares of channels of two of seed-net's layers. */
const BY_LAYER = {
  seed: 1,
  passes: [
    {
      pass: 'prune',
      options: { ratio: 0.5, multipleOf: 1, samples: 32, layerLimits: { '/conv2*': SHARE, '/fc1*': SHARE } },
    },
    { pass: 'evaluate', options: { samples: 64, latencyRuns: 5, warmupRuns: 0 } },
  ],
  objectives: [{ metric: 'bytes' }, { metric: 'outputSnrDb' }],
  limits: { trials: 3, parallel: 1 },
  sampler: 'model',
};

describe('a sweep that begins with a model of its space', () => {
  let harness: SweepHarness;
  beforeAll(async () => {
    harness = await SweepHarness.start({ concurrency: 2 });
    await harness.startWorker();
  });
  afterAll(() => harness.stop());

  const forecast = async () =>
    (await harness.api.call<SweepForecast>('POST', '/v1/sweeps/preflight', { json: harness.body(BY_LAYER) })).body;

  it('measures once, tells how far it was right, and finds the measurement again', async () => {
    const { api } = harness;
    expect(await forecast()).toMatchObject({ problems: [], sampler: 'model', survey: 'first' });
    const ended = await harness.end((await harness.launch(BY_LAYER)).id);
    expect(ended).toMatchObject({ state: 'finished', counts: { complete: 3 }, survey: { isOwn: true } });
    const job = (await api.call<Job>('GET', `/v1/jobs/${ended.survey?.jobId ?? ''}`)).body;
    expect(job.stages).toMatchObject([
      { pass: 'analyze', state: 'succeeded', summary: { channels: { groups: [{}, {}, {}] } } },
    ]);

    const { model } = (await api.call<SweepResults>('GET', `/v1/sweeps/${ended.id}/results`)).body;
    expect(model).toMatchObject({ jobId: job.id, trials: [{}, {}, {}] });
    expect(model?.bytesError?.worst).toBeLessThan(0.001);

    expect(await forecast()).toMatchObject({ survey: 'stored' });
    const again = await harness.end((await harness.launch(BY_LAYER)).id);
    expect(again).toMatchObject({ state: 'finished', survey: { jobId: job.id, isOwn: false } });
  });
});
