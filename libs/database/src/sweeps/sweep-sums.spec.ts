import type { ModelMetrics, SweepDocument, SweepForecast } from '#contracts';
import { createTestDatabase, EMPTY_INSPECTION, randomNumbers } from '#testing';
import { sql } from 'drizzle-orm';
import { connect, type Database } from '../database.js';
import { JobRepository } from '../job-repository.js';
import { migrate } from '../migrate.js';
import { ModelRepository } from '../model-repository.js';
import { StageRepository } from '../stage-repository.js';
import { SweepRepository } from './sweep-repository.js';
import type { TrialEnding } from './trial-changes.js';
import { SweepSessions } from './sweep-sessions.js';

const MODEL = 'a'.repeat(64);
const METRICS: ModelMetrics = { bytes: 10, compressedBytes: 5, parameters: 2, nonZeros: 2 };
const stages = [
  { pass: 'prune', options: {} },
  { pass: 'quantize', options: {} },
];
const JOB = {
  name: null,
  modelId: MODEL,
  datasetId: null,
  recipe: { seed: 0, passes: [{ pass: 'prune', options: {} }], gates: [] },
  preflight: { problems: [], skipped: [] },
  stages,
};
const nothing = { metrics: null, outcome: null, violation: null, violated: [], reason: 'so' };
const ENDINGS: TrialEnding[] = [
  { ...nothing, state: 'complete', metrics: METRICS, outcome: { values: [1], constraints: [0] }, violation: 0 },
  { ...nothing, state: 'complete', metrics: METRICS, outcome: { values: [1], constraints: [2] }, violation: 2 },
  { ...nothing, state: 'stopped' },
  { ...nothing, state: 'failed' },
];

describe('the sums of a sweep', () => {
  let database: Database;
  let sweeps: SweepRepository;
  let sessions: SweepSessions;
  let stageRecords: StageRepository;
  let jobs: JobRepository;
  let id: string;

  beforeEach(async () => {
    database = connect(await createTestDatabase());
    await migrate(database);
    await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 1, inspection: EMPTY_INSPECTION });
    [sweeps, sessions] = [new SweepRepository(database), new SweepSessions(database)];
    [stageRecords, jobs] = [new StageRepository(database), new JobRepository(database)];
    const document = { passes: [{ pass: 'prune' }], objectives: [{ metric: 'bytes' }], limits: { trials: 9 } };
    const forecast = { parameters: [{ name: 'ratio' }] } as unknown as SweepForecast;
    const given = { name: null, modelId: MODEL, datasetId: null, forecast };
    ({ id } = await sweeps.create({ ...given, document: document as unknown as SweepDocument }));
  });
  afterEach(async () => {
    await stageRecords.close();
    await database.close();
  });

  const read = async () => {
    const { cost, counts, feasible } = await sweeps.require(id);
    return { cost, counts, feasible };
  };

  /** What the rows of all its trials and stages come to, as of a sweep that has no sums. */
  async function recounted() {
    const { orm } = database;
    return orm
      .transaction(async (queries) => {
        await queries.execute(sql`update sweeps set sums = null`);
        await queries.execute(sql`update jobs set summed = 0`);
        await queries.execute(sql`delete from sweep_marks`);
        const found = await new SweepRepository({ ...database, orm: queries as never }).require(id);
        throw Object.assign(new RangeError('as it was'), { found });
      })
      .catch((error: { found?: Awaited<ReturnType<typeof sweeps.require>> }) => {
        if (!error.found) throw error as Error;
        const { cost, counts, feasible } = error.found;
        return { cost, counts, feasible };
      });
  }

  /** Computes, or finds, the next stage of a job; those of one draw share keys and models. */
  async function stage(jobId: string, draw: number): Promise<void> {
    const index = (await jobs.require(jobId)).stages.findIndex(({ state }) => state !== 'succeeded');
    if (index < 0) return;
    await stageRecords.start({ jobId, run: (await jobs.queueEntry(jobId)).run, index }, `key ${index} ${draw}`);
    const modelDigest = draw === 0 ? MODEL : `model ${index} ${draw}`;
    const metrics = { ...METRICS, bytes: 100 + draw + index };
    const kept = { skipped: [], summary: {}, artifacts: [] };
    await stageRecords.succeed(jobId, index, {
      key: `key ${index} ${draw}`,
      cached: draw % 2 === 1,
      modelDigest,
      metrics,
      seconds: 1 + draw,
      ...kept,
    });
  }

  it('are what its trials and stages come to, whatever begins, ends, goes on after its trial or is retried', async () => {
    const random = randomNumbers(8);
    const drawn = (below: number) => Math.floor(random() * below);
    const open = new Map<number, string>();
    const ended: string[] = [];
    for (let step = 0; step < 60; step++) {
      const [number, jobId] = [...open][drawn(open.size || 1)] ?? [];
      const choice = drawn(8);
      if (choice < 2 || number === undefined || jobId === undefined) {
        const job = drawn(4) === 0 ? { job: null, reason: 'no job' } : { job: JOB };
        const trials = Array.from({ length: 1 + drawn(3) }, () => ({
          assignment: {},
          origin: 'sampler' as const,
          ...job,
        }));
        const { numbers, entries } = await sessions.run(id, (session) => session.beginAll(trials));
        entries.forEach((entry, at) => open.set(numbers[at] ?? 0, entry.jobId));
      } else if (choice < 5) {
        await stage(jobId, drawn(4));
      } else if (choice < 7) {
        const ending = ENDINGS[drawn(4)] as TrialEnding;
        await sessions.run(id, (session) => session.end(number, ending, null));
        open.delete(number);
        // The job goes on until it is told: a stage of it may still come to its end.
        if (drawn(2) === 0) await stage(jobId, drawn(4));
        await jobs.cancel(jobId);
        ended.push(jobId);
      } else if (ended.length > 0) {
        await jobs.retry(ended.pop() ?? '');
        for (const trial of await sessions.run(id, (session) => session.openTrials()))
          open.set(trial.number, trial.job?.id ?? '');
      }
      if (step % 4 === 3) expect(await read()).toEqual(await recounted());
    }
    const { counts, cost } = await read();
    expect([
      Object.values(counts).every((count) => count > 0 || counts.cancelled === count),
      cost.stages > cost.stagesDistinct,
    ]).toEqual([true, true]);
  });
});
