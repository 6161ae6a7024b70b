import { planStages } from '../plan.js';
import { cachedStages, estimateStages, stageTree } from './stage-tree.js';

const prune = (ratio: number) => ({ pass: 'prune', options: { granularity: 'weight', ratio } });
const distill = (epochs: number) => ({ pass: 'distill', options: { epochs } });
const stages = (...passes: { pass: string; options: Record<string, unknown> }[]) => planStages({ passes });

describe('stageTree', () => {
  it('holds each stage once that recipes begin with alike', () => {
    const nodes = stageTree([
      stages(prune(0.1), distill(1)),
      stages(prune(0.1), distill(2)),
      stages(prune(0.2), distill(1)),
      stages(prune(0.1)),
    ]);
    expect(nodes.map(({ stage }) => stage.pass)).toEqual(['prune', 'distill', 'distill', 'prune', 'distill']);
  });

  it('finds what is stored level by level, by the models that were made, of any kind of worker', async () => {
    const nodes = stageTree([stages(prune(0.1), distill(1)), stages(prune(0.2), distill(1)), stages(prune(0.3))]);
    const asked: string[][] = [];
    const lookUp = {
      model: 'm',
      dataset: 'd',
      seed: 0,
      runtimes: [() => 'one kind', () => 'another'],
      find: async (keys: readonly string[]) => {
        asked.push([...keys]);
        // The second kind of worker has the first stage of the first recipe, and what follows it.
        return new Map(asked.length === 1 ? [[keys[1]!, { modelDigest: 'x' }]] : [[keys[0]!, { modelDigest: 'y' }]]);
      },
    };
    const cached = await cachedStages(nodes, lookUp);
    expect([...cached].map(({ stage }) => [stage.pass, stage.options['ratio'] ?? null])).toEqual([
      ['prune', 0.1],
      ['distill', null],
    ]);
    expect(asked.map((keys) => keys.length)).toEqual([6, 2]);
  });
});

describe('estimateStages', () => {
  const earlier = [
    { pass: 'prune', options: stages(prune(0.1))[0]!.options, seconds: 1, bytes: 100, memoryMb: null },
    { pass: 'prune', options: {}, seconds: 9, bytes: 900, memoryMb: 300 },
    { pass: 'prune', options: {}, seconds: 7, bytes: 700, memoryMb: 200 },
    { pass: 'distill', options: { epochs: 2 }, seconds: 10, bytes: 50, memoryMb: 500 },
  ];
  const changes = (pass: string) => pass !== 'evaluate';

  it('takes what the same options took, else the median of the pass, and trainings by their epochs', () => {
    const estimate = (...passes: Parameters<typeof stages>) => estimateStages(stages(...passes), earlier, changes);
    expect(estimate(prune(0.1))).toMatchObject({ seconds: 1, bytes: 100 });
    expect(estimate(prune(0.5))).toMatchObject({ seconds: 7, bytes: 700 });
    expect(estimate(distill(6))).toMatchObject({ seconds: 30, bytes: 50 });
  });

  it('counts of a stage that runs what is left of it', () => {
    const running = stages(distill(6)).map((stage) => ({ ...stage, progress: 0.75 }));
    expect(estimateStages(running, earlier, changes).seconds).toBe(7.5);
  });

  it('asks for the memory of the largest stage, as far as peaks of earlier ones are known', () => {
    const memory = (...passes: Parameters<typeof stages>) =>
      estimateStages(stages(...passes), earlier, changes).memoryMb;
    expect(memory(prune(0.1))).toBeNull();
    expect(memory(prune(0.5))).toBe(300);
    expect(memory(prune(0.5), distill(6))).toBe(500);
  });

  it('says of which stages nothing is known', () => {
    const unknown = stages(prune(0.1), { pass: 'quantize', options: {} }, { pass: 'evaluate', options: {} });
    expect(estimateStages(unknown, earlier, changes)).toEqual({
      seconds: 1,
      secondsUnknown: [
        { pass: 'quantize', stages: 1 },
        { pass: 'evaluate', stages: 1 },
      ],
      bytes: 100,
      bytesUnknown: [{ pass: 'quantize', stages: 1 }],
      memoryMb: null,
    });
    expect(estimateStages(unknown.slice(1), [], changes)).toMatchObject({ seconds: null, bytes: null });
    expect(estimateStages([], earlier, changes)).toMatchObject({ seconds: 0, bytes: 0 });
  });
});
