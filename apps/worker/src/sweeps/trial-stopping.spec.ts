import type { SweepDocument, SweepForecast } from '#contracts';
import { connect, EventRepository, migrate, ModelRepository, SweepRepository, SweepSessions } from '#database';
import { createTestDatabase, EMPTY_INSPECTION } from '#testing';
import { TrialStopping } from './trial-stopping.js';

const MODEL = 'a'.repeat(64);
const JOB = {
  ...{ name: null, modelId: MODEL, datasetId: null, preflight: { problems: [], skipped: [] } },
  recipe: { seed: 0, passes: [{ pass: 'train', options: {} }], gates: [] },
  stages: [{ pass: 'train', options: {} }],
};

/** Six trials that train at the same time, each with the losses of its whole epochs and one that goes on. */
async function behind(rule: 'median' | 'asha', curves: readonly (readonly number[])[]): Promise<number[]> {
  const database = connect(await createTestDatabase());
  try {
    await migrate(database);
    await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 1, inspection: EMPTY_INSPECTION });
    const document = { passes: JOB.recipe.passes, objectives: [{ metric: 'top1' }] } as unknown as SweepDocument;
    const forecast = { parameters: [] } as unknown as SweepForecast;
    const of = { name: null, modelId: MODEL, datasetId: null };
    const { id } = await new SweepRepository(database).create({ ...of, document, forecast });
    const sessions = new SweepSessions(database);
    const events = new EventRepository(database);
    for (const [at, losses] of curves.entries()) {
      const assignment = { rate: at };
      const begun = await sessions.run(id, (session) => session.begin({ assignment, origin: 'sampler', job: JOB }));
      for (const [epoch, loss] of [...losses, 0].entries()) {
        const values = { epoch: epoch + 1, loss };
        await events.append(begun.entry?.jobId ?? '', { type: 'progress', index: 0, fraction: 0.5, values });
      }
    }
    const stopping = new TrialStopping({ rule, value: 'loss', from: 2 });
    return await sessions.run(id, async (session) => {
      const found = await stopping.behind(session, await session.openTrials());
      return [...found.keys()];
    });
  } finally {
    await database.close();
  }
}

describe('early stopping', () => {
  const CURVES = [
    [5, 4],
    [5, 3],
    [5, 2],
    [5, 1],
    [5, 6],
    [1, 9],
  ];

  it('ends by the median what is worse than half of the others at its epoch, its best epoch counting', async () => {
    expect(await behind('median', CURVES)).toEqual([0, 1, 4]);
  });

  it('ends by successive halving all but the best third at a rung', async () => {
    expect(await behind('asha', CURVES)).toEqual([0, 1, 4, 5]);
  });

  it('compares no epoch that goes on, nor one before the first at which a trial may end', async () => {
    const first = CURVES.map(([loss = 0]) => [loss]);
    expect([await behind('median', first), await behind('asha', first)]).toEqual([[], []]);
  });
});
