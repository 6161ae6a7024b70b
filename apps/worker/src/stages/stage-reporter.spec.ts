import {
  connect,
  EventRepository,
  JobRepository,
  migrate,
  ModelRepository,
  StageRepository,
  StageResultRepository,
} from '#database';
import type { JobEvent } from '#contracts';
import { createTestDatabase } from '#testing';
import { StageReporter } from './stage-reporter.js';

const MODEL = 'a'.repeat(64);
const INSPECTION = {
  ...{ inputs: [], outputs: [], irVersion: 8, opset: 17, producer: '', ops: {}, nodes: 0 },
  ...{ parameters: 0, nonZeros: 0, macs: null, warnings: [] },
};
const STAGES = [
  { pass: 'quantize', options: { weightBits: 4 } },
  { pass: 'evaluate', options: {} },
];
const JOB = {
  ...{ name: null, modelId: MODEL, datasetId: null, preflight: { problems: [], skipped: [] } },
  recipe: { seed: 0, passes: [], gates: [] },
  stages: STAGES,
};

type Told = Extract<JobEvent, { type: 'progress' }>;

/** What a job's first stage tells in its records, on a clock set by hand; `earlier` jobs ran both passes before. */
async function told(earlier: number, reports: [seconds: number, fraction: number][]): Promise<Told[]> {
  const database = connect(await createTestDatabase());
  try {
    await migrate(database);
    await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 1, inspection: INSPECTION });
    const jobs = new JobRepository(database);
    const [stages, events] = [new StageRepository(database), new EventRepository(database)];
    for (let i = 0; i < earlier; i++) await ran(stages, (await jobs.create(JOB)).id);
    const { id } = await jobs.create(JOB);
    await stages.start({ jobId: id, run: 1, index: 0 }, 'key');
    let now = 0;
    const records = { stages, events, results: new StageResultRepository(database) };
    const reporter = new StageReporter(records, id, 0, () => now);
    for (const [seconds, fraction] of reports) {
      now = 1000 * seconds;
      reporter.progress({ fraction, message: 'calibrating' });
      await reporter.close();
    }
    const stored = await events.listAfter(id, 0);
    return stored.flatMap(({ event }) => (event.type === 'progress' ? [event] : []));
  } finally {
    await database.close();
  }
}

async function ran(stages: StageRepository, jobId: string): Promise<void> {
  const metrics = { bytes: 1, parameters: 1, nonZeros: 1 } as never;
  const rest = { cached: false, modelDigest: MODEL, metrics, skipped: [], summary: {}, artifacts: [] };
  for (const index of STAGES.keys()) {
    await stages.start({ jobId, run: 1, index }, `earlier${index}`);
    await stages.succeed(jobId, index, { ...rest, key: `earlier${index}`, seconds: 7 });
  }
}

describe('what is left', () => {
  it('of the stage follows from its pace, of the job from what its passes took before', async () => {
    const [first, second] = await told(1, [
      [0, 0],
      [10, 0.25],
    ]);
    expect(first).toEqual({ type: 'progress', index: 0, fraction: 0, message: 'calibrating' });
    expect(second).toMatchObject({ leftS: 30, jobLeftS: 37 });
  });

  it('of the job is not told where a pass ahead never ran', async () => {
    const last = (
      await told(0, [
        [0, 0],
        [10, 0.25],
      ])
    ).at(-1);
    expect(last).toMatchObject({ leftS: 30 });
    expect(last).not.toHaveProperty('jobLeftS');
  });
});
