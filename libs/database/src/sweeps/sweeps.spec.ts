import type { ModelMetrics, Recipe, SweepDocument, SweepForecast } from '#contracts';
import { EMPTY_INSPECTION, createTestDatabase } from '#testing';
import { connect, type Database } from '../database.js';
import { EventRepository } from '../event-repository.js';
import type { NewJob } from '../insert-jobs.js';
import { JobRepository } from '../job-repository.js';
import { migrate } from '../migrate.js';
import { ModelRepository } from '../model-repository.js';
import { QueueRecords } from '../queue-records.js';
import { StageMachineRepository } from './stage-machine-repository.js';
import { SweepEventRepository } from './sweep-events.js';
import { SweepRepository } from './sweep-repository.js';
import type { NewTrial, TrialEnding } from './trial-changes.js';
import { SweepSessions } from './sweep-sessions.js';
import { TrialRepository } from './trial-repository.js';

const MODEL = 'a'.repeat(64);
const METRICS: ModelMetrics = { bytes: 10, compressedBytes: 5, parameters: 2, nonZeros: 2 };
const RECIPE: Recipe = { seed: 0, passes: [{ pass: 'prune', options: {} }], gates: [] };
const JOB: NewJob = {
  name: null,
  modelId: MODEL,
  datasetId: null,
  recipe: RECIPE,
  preflight: { problems: [], skipped: [] },
  stages: [{ pass: 'prune', options: {} }],
};
const DOCUMENT = { passes: [{ pass: 'prune' }], objectives: [{ metric: 'bytes' }], limits: { trials: 9 } };
const SWEEP = {
  name: null,
  modelId: MODEL,
  datasetId: null,
  document: DOCUMENT as unknown as SweepDocument,
  forecast: { parameters: [{ name: 'ratio' }] } as unknown as SweepForecast,
};
const trial = (ratio: number): NewTrial => ({ assignment: { ratio }, origin: 'sampler', job: JOB });
const ending = (value: number, violation = 0): TrialEnding => ({
  state: 'complete',
  metrics: METRICS,
  outcome: { values: [value], constraints: [violation] },
  violation,
  violated: [],
  reason: null,
});

describe('the records of a sweep', () => {
  let database: Database;
  let sweeps: SweepRepository;
  let sessions: SweepSessions;
  let trials: TrialRepository;
  let id: string;

  beforeEach(async () => {
    database = connect(await createTestDatabase());
    await migrate(database);
    await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 1, inspection: EMPTY_INSPECTION });
    [sweeps, sessions, trials] = [
      new SweepRepository(database),
      new SweepSessions(database),
      new TrialRepository(database),
    ];
    ({ id } = await sweeps.create(SWEEP));
  });
  afterEach(() => database.close());

  it('begins a trial and its job together, or neither', async () => {
    await expect(
      sessions.run(id, async (session) => {
        await session.begin(trial(0.1));
        throw new RangeError('killed here');
      }),
    ).rejects.toThrow('killed here');
    expect([(await trials.list(id, { limit: 10 })).items, await new QueueRecords(database).toEnqueue(10)]).toEqual([
      [],
      [],
    ]);
    const { entry } = await sessions.run(id, (session) => session.begin(trial(0.1)));
    expect(await new QueueRecords(database).toEnqueue(10)).toEqual([entry]);
    expect((await trials.list(id, { limit: 10 })).items).toMatchObject([
      { number: 0, jobId: entry?.jobId, state: 'running', stage: 0 },
    ]);
  });

  it('gives each trial that runs the least place that is free, by which its stages wait', async () => {
    const begin = () => sessions.run(id, (session) => session.begin(trial(0.5)));
    const places = [await begin(), await begin(), await begin()].map(({ entry }) => entry?.priority);
    expect(places).toEqual([1, 2, 3]);
    await sessions.run(id, (session) => session.end(1, ending(1), null));
    expect((await begin()).entry?.priority).toBe(2);
  });

  it('is driven by one process at a time, and tells it what has changed since it looked', async () => {
    await sessions.run(id, async (session) => {
      expect(await sessions.tryRun(id, async () => 'driven')).toBeUndefined();
      await session.begin(trial(0.1));
      await session.begin(trial(0.2));
    });
    const seen = await sessions.run(id, async ({ sweep }) => sweep.revision);
    await sessions.run(id, (session) => session.end(1, ending(3), METRICS));
    const changed = await sessions.run(id, (session) => session.changedSince(seen));
    expect(changed).toMatchObject([{ number: 1, state: 'complete', outcome: { values: [3] } }]);
    expect(await sessions.run(id, (session) => session.end(1, ending(4), null))).toBe(false);
    expect(await sweeps.require(id)).toMatchObject({
      counts: { running: 1, complete: 1 },
      feasible: 1,
      baseline: METRICS,
    });
  });

  it('has the best that hold the constraints in the order of the first objective', async () => {
    const best = await sessions.run(id, async (session) => {
      for (const [value, violation] of [
        [5, 0],
        [1, 2],
        [3, 0],
        [4, 0],
      ] as const) {
        const { number } = await session.begin(trial(value));
        await session.end(number, ending(value, violation), null);
      }
      return session.feasible(3);
    });
    expect(best.map(({ number }) => number)).toEqual([2, 3, 0]);
    expect(best[0]?.recipe).toMatchObject(RECIPE);
  });

  it('reads the curves of trainings by epoch, the last value of each', async () => {
    const { entry } = await sessions.run(id, (session) => session.begin(trial(0.1)));
    const events = new EventRepository(database);
    for (const [epoch, loss] of [
      [1, 9],
      [1, 4],
      [2, 3],
    ] as const)
      await events.append(entry!.jobId, { type: 'progress', index: 0, fraction: 0.5, values: { epoch, loss } });
    await events.append(entry!.jobId, { type: 'progress', index: 0, fraction: 0.5, values: { samplesPerS: 3 } });
    const curves = await sessions.run(id, (session) => session.curves('loss', [entry!.jobId]));
    expect([...(curves.get(entry!.jobId) ?? [])]).toEqual([
      [1, 4],
      [2, 3],
    ]);
    expect(await sessions.run(id, (session) => session.curves('other', [entry!.jobId]))).toEqual(new Map());
  });

  it('cuts its trials off when it is cancelled, and counts them no more', async () => {
    await sessions.run(id, async (session) => {
      await session.begin(trial(0.1));
      await session.begin(trial(0.2));
      await session.end(0, ending(3), METRICS);
    });
    await sweeps.cancel(id);
    await sessions.run(id, (session) => session.cutOff('cut off'));
    expect((await sweeps.require(id)).counts).toMatchObject({ complete: 1, cancelled: 1, running: 0 });
    expect(await sessions.run(id, (session) => session.begunCount())).toBe(1);
    expect(await trials.begun(id)).toEqual([{ assignment: { ratio: 0.1 }, origin: 'sampler' }]);
  });

  it('takes a trial up again whose job is retried, unless it was cancelled', async () => {
    const jobs = new JobRepository(database);
    const { entry } = await sessions.run(id, (session) => session.begin(trial(0.1)));
    await jobs.cancel(entry!.jobId);
    const failed = { ...ending(1), state: 'failed' as const, outcome: null, reason: 'it broke' };
    await sessions.run(id, (session) => session.end(0, failed, null));
    const seen = await sessions.run(id, async ({ sweep }) => sweep.revision);
    await jobs.retry(entry!.jobId);
    expect(await trials.require(id, 0)).toMatchObject({ state: 'running', reason: null, metrics: null });
    const changed = await sessions.run(id, (session) => session.changedSince(seen));
    expect(changed).toMatchObject([{ number: 0, state: 'running', slot: 1 }]);
    const told = await new SweepEventRepository(database).listAfter(id, 0);
    expect(told.at(-1)?.event).toMatchObject({ type: 'trial', trial: { state: 'running' } });

    await jobs.cancel(entry!.jobId);
    await sweeps.cancel(id);
    await expect(jobs.retry(entry!.jobId)).rejects.toMatchObject({ code: 'sweep_state' });
  });

  it('ends once more by its last word that is measured anew', async () => {
    const jobs = new JobRepository(database);
    const last = await sessions.run(id, async (session) => {
      const entry = await session.verify(0, JOB);
      await session.setState('finished', 'trial 0 could not be measured');
      return entry;
    });
    await jobs.cancel(last.jobId);
    await jobs.retry(last.jobId);
    expect(await sweeps.require(id)).toMatchObject({ state: 'stopping', verification: [{ passed: null }] });
  });

  it('goes with its trials and their jobs, which a list of jobs leaves out', async () => {
    const jobs = new JobRepository(database);
    const { entry } = await sessions.run(id, (session) => session.begin(trial(0.1)));
    expect((await jobs.list({ limit: 10 })).items).toEqual([]);
    expect((await jobs.list({ limit: 10, sweep: id })).items).toMatchObject([{ id: entry?.jobId, sweepId: id }]);
    await sweeps.cancel(id);
    await sweeps.delete(id);
    expect([await jobs.get(entry!.jobId), await sweeps.get(id)]).toEqual([null, null]);
  });

  it('wakes its driver when a trial comes on, and those who follow it in the order of events', async () => {
    const log = new SweepEventRepository(database);
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    // What happens before it listens wakes nobody.
    await log.onWork(() => wake());
    const { entry } = await sessions.run(id, (session) => session.begin(trial(0.1)));
    await new JobRepository(database).cancel(entry!.jobId);
    await woken;
    expect((await log.listAfter(id, 0)).map(({ id: at, event }) => [at, event.type])).toEqual([
      [1, 'sweep'],
      [2, 'trial'],
    ]);
    expect(await log.newestId(id)).toBe(2);
    await log.close();
  });

  it('knows the kinds of workers that there are', async () => {
    const machines = new StageMachineRepository(database);
    const facts = { engine: 'e', threads: 1, memoryMb: 2, hardware: 'h', concurrency: 1 };
    await machines.note(facts);
    await machines.note(facts);
    await machines.note({ ...facts, threads: 2 });
    expect((await machines.list()).map(({ threads }) => threads).toSorted()).toEqual([1, 2]);
  });
});
