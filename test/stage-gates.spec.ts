import type { Gate } from '#contracts';
import { WorkerHarness } from './worker-harness.js';

const EVALUATE = { pass: 'evaluate', options: { samples: 100, latencyRuns: 5, warmupRuns: 1 } };

describe('gates of a stage', () => {
  let harness: WorkerHarness;

  beforeAll(async () => {
    harness = await WorkerHarness.start('postgres', { customMetrics: 'allow' });
    await harness.startWorker();
  });
  afterAll(() => harness.stop());

  const pruned = (gate: Gate, more: object[] = [EVALUATE]) => ({
    passes: [{ pass: 'prune', options: { granularity: 'weight', ratio: 0.5 }, gates: [gate] }, ...more],
  });
  const finished = async (recipe: object) => harness.end((await harness.submit(recipe)).id);

  it('stop the job where they fail, by how much, and keep what the stage made', async () => {
    const job = await finished(pruned({ metric: 'nonZeros', maxRatio: 0.25 }));
    expect(job).toMatchObject({ state: 'failed', gatesPassed: false, error: { code: 'gate_failed' } });
    expect(job.error?.message).toMatch(/^a gate of this stage failed.*not at most 0\.25 times the baseline.*too far$/);
    expect(job.stages.map(({ state }) => state)).toEqual(['failed', 'cancelled']);
    expect(job.stages[0]).toMatchObject({ metrics: { nonZeros: expect.any(Number) }, attempts: 1 });
    expect(job.stages[0]?.artifacts.map(({ name }) => name)).toContain('model.onnx');
    expect(job.gates).toMatchObject([{ stage: 0, passed: false }]);

    const again = await harness.jobs.retry(job.id);
    expect(again.job.gates).toEqual([]);
    await harness.queue.addJobs([again.entry]);
    let ends = 0;
    await harness.event(job.id, (event) => event.type === 'job' && event.state === 'failed' && ++ends === 2);
    expect(await harness.jobs.require(job.id)).toMatchObject({ state: 'failed', error: { code: 'gate_failed' } });
  });

  it('that only warn let it go on, and are told with those of the job', async () => {
    const recipe = pruned({ metric: 'compressedBytes', maxRatio: 0.01, onFail: 'warn' });
    const job = await finished({ ...recipe, gates: [{ metric: 'nonZeros', maxRatio: 0.6 }] });
    expect(job).toMatchObject({ state: 'succeeded', gatesPassed: true });
    expect(job.gates).toMatchObject([
      { stage: 0, passed: false, value: expect.any(Number) },
      { passed: true, gate: { metric: 'nonZeros' } },
    ]);
  });

  it('of an evaluate pass are over quality with its interval, against the baseline of the same run', async () => {
    const gates = [{ metric: 'top1', maxDrop: 0, confidence: 0.95 }];
    const source = 'export default ({ labels }) => Array.from(labels, (label) => (label < 10 ? 1 : 0))';
    const options = { ...EVALUATE.options, custom: [{ name: 'known', source }] };
    const job = await finished({ passes: [{ ...EVALUATE, options, gates }] });
    expect(job.stages[0]?.metrics?.custom).toMatchObject({ known: { value: 1 } });
    expect(job).toMatchObject({ state: 'succeeded', gates: [{ stage: 0, passed: true }] });
    const broken = await finished(
      pruned({ metric: 'bytes', maxRatio: 1 }, [{ ...EVALUATE, gates: [{ metric: 'outputSnrDb', min: 90 }] }]),
    );
    expect(broken).toMatchObject({ state: 'failed', error: { code: 'gate_failed' } });
    expect(broken.gates).toMatchObject([
      { stage: 0, passed: true },
      { stage: 1, passed: false },
    ]);
  });
});
