import type { Recipe, SweepDocument, SweepForecast } from '#contracts';
import {
  connect,
  migrate,
  ModelRepository,
  SweepRepository,
  SweepSessions,
  type Database,
  type NewTrial,
} from '#database';
import { EMPTY_INSPECTION, createTestDatabase } from '#testing';
import { lastWord } from './verification.js';

const MODEL = 'a'.repeat(64);
const EVALUATE = { pass: 'evaluate', options: { samples: 100 } };
const RECIPE: Recipe = { seed: 0, passes: [{ pass: 'prune', options: { ratio: 0.5 } }, EVALUATE], gates: [] };

const trial = (ratio: number): NewTrial => ({
  assignment: { ratio },
  origin: 'sampler',
  job: {
    name: null,
    modelId: MODEL,
    datasetId: null,
    recipe: RECIPE,
    preflight: { problems: [], skipped: [] },
    stages: [{ pass: 'prune', options: {} }],
  },
});

/** Four trials that hold the constraints, each larger than the one before, and a job that measured each anew. */
describe('the last word of a sweep', () => {
  let database: Database;
  let sessions: SweepSessions;
  let id: string;
  beforeEach(async () => {
    database = connect(await createTestDatabase());
    await migrate(database);
    await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 1, inspection: EMPTY_INSPECTION });
    sessions = new SweepSessions(database);
    const document = { passes: RECIPE.passes, objectives: [{ metric: 'bytes' }], verify: { skip: 100 } };
    ({ id } = await new SweepRepository(database).create({
      name: null,
      modelId: MODEL,
      datasetId: null,
      document: document as unknown as SweepDocument,
      forecast: { parameters: [] } as unknown as SweepForecast,
    }));
    await sessions.run(id, async (session) => {
      for (const bytes of [10, 20, 30, 40]) {
        const { number } = await session.begin(trial(bytes));
        const outcome = { values: [bytes], constraints: [0] };
        const nothing = { metrics: null, violated: [], reason: null };
        await session.end(number, { state: 'complete', outcome, violation: 0, ...nothing }, null);
        await setDigest(number);
      }
    });
  });
  afterEach(() => database.close());

  /** The sums of a trial's stages are those of a worker: here they are told. */
  const setDigest = (number: number) =>
    database.pool.query('update trials set model_digest = $1 where sweep_id = $2 and number = $3', [
      String(number).repeat(64),
      id,
      number,
    ]);
  const speak = () => sessions.run(id, lastWord);
  const measure = async (jobId: string, passed: boolean) => {
    const gates = JSON.stringify([
      { gate: { metric: 'top1', min: 0.9 }, passed, value: 0.5, baseline: null, explanation: '' },
    ]);
    await database.pool.query("update jobs set state = 'succeeded', gates_passed = $1, gates = $2 where id = $3", [
      passed,
      gates,
      jobId,
    ]);
  };
  const verified = async () => {
    const { verification } = await new SweepRepository(database).require(id);
    return verification.map(({ number, passed }) => [number, passed]);
  };

  it('is that of the next best trial where a better one does not hold on samples that the search did not see', async () => {
    const first = await speak();
    expect(first).toMatchObject({ isSpoken: false, entries: [{ run: 1 }] });
    expect(await speak()).toEqual({ isSpoken: false, entries: [] });
    await measure(jobOf(first), false);
    const second = await speak();
    expect(second.isSpoken).toBe(false);
    expect(await verified()).toEqual([
      [0, false],
      [1, null],
    ]);
    await measure(jobOf(second), true);
    expect(await speak()).toEqual({
      isSpoken: true,
      words: 'trial 1 holds on samples that the search did not see, better ones (0) do not',
    });
    expect(await verified()).toEqual([
      [0, false],
      [1, true],
    ]);
  });

  it('is that none holds after three, since the more are tried the less unseen the samples are', async () => {
    for (let turn = 0; turn < 3; turn++) await measure(jobOf(await speak()), false);
    expect(await speak()).toEqual({
      isSpoken: true,
      words: 'trials 0, 1, 2 do not hold on samples that the search did not see',
    });
  });
});

function jobOf(word: Awaited<ReturnType<typeof lastWord>>): string {
  if (word.isSpoken || !word.entries[0]) throw new RangeError('nothing is measured');
  return word.entries[0].jobId;
}
