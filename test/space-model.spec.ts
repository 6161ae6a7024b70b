import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PruneOptions, type Assignment, type SweepDocument } from '#contracts';
import { CATALOG } from '#compression';
import { openDataset, type Dataset } from '#datasets';
import { readModel, writeModel } from '#onnx';
import { measuresOf, parseSweep, planSweep, spaceModel, surveyOf, SweepStudy, trialRecipe } from '#pipeline';

const EXAMPLE = resolve(__dirname, '../examples/seed-net');
const SHARE = { grid: [0, 0.3, 0.6, 0.9] };

/** Shares of channels of each of seed-net's hidden layers. */
const plan = planSweep(
  parseSweep({
    passes: [
      {
        pass: 'prune',
        options: { ratio: 0.9, multipleOf: 4, layerLimits: { '/conv1*': SHARE, '/conv2*': SHARE, '/fc1*': SHARE } },
      },
      { pass: 'evaluate' },
    ],
    objectives: [{ metric: 'bytes' }, { metric: 'outputSnrDb' }],
    limits: { trials: 24 },
    sampler: 'model',
  } satisfies Partial<Record<keyof SweepDocument, unknown>>),
);

describe('the model of a sweep over shares of channels of seed-net', () => {
  let folder: string;
  let data: Dataset;
  let net: Uint8Array<ArrayBuffer>;
  let summary: Record<string, unknown>;

  const context = () => ({
    model: readModel(net),
    baseline: net,
    history: [net],
    data,
    seed: 1,
    threads: 1,
    outputPath: folder,
    progress: () => undefined,
    log: () => undefined,
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-'));
    data = await openDataset(EXAMPLE);
    net = new Uint8Array(await readFile(join(EXAMPLE, 'seed-net.onnx')));
    const survey = surveyOf(plan)!;
    const result = await CATALOG.analyze.run(context(), { ...survey, channels: { ...survey.channels!, samples: 32 } });
    summary = result.summary;
  });

  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  const bytesOf = async (assignment: Assignment) => {
    const made = trialRecipe(plan, assignment);
    const options = PruneOptions.parse('recipe' in made ? made.recipe.passes[0]!.options : {});
    const { model } = await CATALOG.prune.run(context(), options);
    return writeModel(model!).length;
  };
  const assigned = ([conv1, conv2, fc1]: number[]) =>
    ({
      'prune.layerLimits./conv1*': conv1,
      'prune.layerLimits./conv2*': conv2,
      'prune.layerLimits./fc1*': fc1,
    }) as Assignment;

  it('computes the bytes of trials, to eight for each stored tensor: the lengths that are written before contents', async () => {
    const { foresee } = spaceModel(plan, measuresOf(summary))!;
    const tensors = readModel(net).graph!.initializer.length;
    expect(foresee(assigned([0, 0, 0])).bytes).toBe(await bytesOf(assigned([0, 0, 0])));
    for (const shares of [
      [0.3, 0, 0.6],
      [0.9, 0.6, 0.9],
    ]) {
      const error = foresee(assigned(shares)).bytes! - (await bytesOf(assigned(shares)));
      expect(Math.abs(error)).toBeLessThanOrEqual(8 * tensors);
    }
  });

  it('asks first for what no assignment beats in bytes and foreseen noise', () => {
    const { foresee } = spaceModel(plan, measuresOf(summary))!;
    const all = [...plan.space.all()].map((assignment) => foresee(assignment));
    const study = new SweepStudy(plan, measuresOf(summary));
    const asked = Array.from({ length: 8 }, (_, number) => study.ask(number)!);
    expect(new Set(asked.map((assignment) => JSON.stringify(assignment))).size).toBe(8);
    for (const { bytes, noise } of asked.map((assignment) => foresee(assignment))) {
      const better = all.filter((other) => other.bytes! < bytes! && other.noise < noise);
      expect(better).toEqual([]);
    }
  });
});
