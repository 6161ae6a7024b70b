import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG, type PassContext } from '#compression';
import { DistillOptions, PruneOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { top1 } from '../digits.js';

/** What a net is put through. */
export type GridRecipe = {
  granularity: 'weight' | 'channel';
  ratio: number;
  schedule: 'one-shot' | 'gradual';
  importance: PruneOptions['importance'];
};

/** What is measured: the recipes are all combinations, each with and without distillation. */
export interface GridForm {
  nets: readonly NetName[];
  ratios: Partial<Record<GridRecipe['granularity'], readonly number[]>>;
  importances: readonly GridRecipe['importance'][];
  schedules: readonly GridRecipe['schedule'][];
  isDistilledToo: boolean;
  /** Draws of the control. */
  randomSeeds: readonly number[];
  /** Samples that importances look at, and test digits that are counted; all of them where absent. */
  samples: number;
  digits?: number;
}

/** Top-1 on the test digits, 0..1; of the control the mean over its draws, and the best of them. */
export type GridFigure = { distilled: boolean; top1: number; best?: number };

export type NetName = keyof typeof NETS;

const ENLARGE = [
  { op: 'reshape', dims: [1, 28, 28] },
  { op: 'pad', pads: [0, 2, 2, 0, 2, 2] },
];
const SCALE = { op: 'scale', factor: 1 / 255 };

/** Trained nets of the examples, and what they want of a digit. */
const NETS = {
  'seed-net': { file: 'seed-net/seed-net.onnx', preprocess: [...ENLARGE, SCALE] },
  'lenet-5': { file: 'lenet/lenet-5.onnx', preprocess: [{ op: 'reshape', dims: [1, 28, 28] }, SCALE] },
};

/** Neither net has batch norms, so that `bn-scale` would repeat `l2`. */
export const LONG_FORM: GridForm = {
  nets: ['seed-net', 'lenet-5'],
  ratios: { weight: [0.5, 0.7, 0.9, 0.95], channel: [0.25, 0.5, 0.75] },
  importances: ['random', 'l1', 'l2', 'geometric-median', 'apoz', 'entropy', 'taylor', 'fisher'],
  schedules: ['one-shot', 'gradual'],
  isDistilledToo: true,
  randomSeeds: [1, 2, 3, 4, 5],
  samples: 256,
};

/** A few rows, enough to see that gradient and entropy beat chance. */
export const SHORT_FORM: GridForm = {
  nets: ['seed-net', 'lenet-5'],
  ratios: { channel: [0.75] },
  importances: ['random', 'entropy', 'taylor'],
  schedules: ['one-shot'],
  isDistilledToo: false,
  randomSeeds: [1, 2, 3],
  samples: 64,
  digits: 500,
};

/**
 * The part of a form that the words name: nets, granularities, schedules and importances; of a kind that no word names,
 * all.
 */
export function narrowed(form: GridForm, words: readonly string[]): GridForm {
  const named = <T extends string>(all: readonly T[]) =>
    all.some((word) => words.includes(word)) ? all.filter((word) => words.includes(word)) : all;
  const granularities = named(Object.keys(form.ratios));
  const ratios = Object.fromEntries(
    Object.entries(form.ratios).filter(([granularity]) => granularities.includes(granularity)),
  );
  return {
    ...form,
    nets: named(form.nets),
    ratios,
    schedules: named(form.schedules),
    importances: named(form.importances),
  };
}

/**
 * Digits that distillation sees, and how often in all: as much after one shot as between and after the steps of a
 * schedule.
 */
const TRAIN_SAMPLES = 1024;
const EPOCHS = 2;

/** A trained net and its digits. */
export interface GridSubject {
  samples: number;
  model: ModelProto;
  data: Dataset;
  folder: string;
}

/** Opens one of the nets of the folder `examples`; `folder` receives its data set. */
export async function openSubject(
  net: NetName,
  { samples, digits }: GridForm,
  examples: string,
  folder: string,
): Promise<GridSubject> {
  const place = join(folder, net);
  await mkdir(place);
  for (const file of ['mnist-train.npz', 'mnist-test.npz'])
    await copyFile(join(examples, 'seed-net', file), join(place, file));
  const manifest = {
    name: `digits for ${net}`,
    inputs: { '*': { array: 'x', preprocess: NETS[net].preprocess } },
    labels: { array: 'y', classes: 10 },
    splits: {
      calibration: { file: 'mnist-train.npz', count: samples },
      train: { file: 'mnist-train.npz', count: TRAIN_SAMPLES },
      test: { file: 'mnist-test.npz', ...(digits === undefined ? {} : { count: digits }) },
    },
  };
  await writeFile(join(place, 'dataset.json'), JSON.stringify(manifest));
  return {
    samples,
    model: readModel(await readFile(join(examples, NETS[net].file))),
    data: await openDataset(place),
    folder: place,
  };
}

export function recipesOf({ ratios, importances, schedules }: GridForm): GridRecipe[] {
  return (['weight', 'channel'] as const).flatMap((granularity) =>
    (ratios[granularity] ?? []).flatMap((ratio) =>
      schedules.flatMap((schedule) =>
        importances.map((importance): GridRecipe => ({ granularity, ratio, schedule, importance })),
      ),
    ),
  );
}

/** The figures of one recipe: without distillation and, where the form asks for it, with. */
export async function measureRecipe(
  subject: GridSubject,
  recipe: GridRecipe,
  { randomSeeds, isDistilledToo }: GridForm,
): Promise<GridFigure[]> {
  const isRandom = recipe.importance === 'random';
  const drawn: number[][] = [];
  for (const seed of isRandom ? randomSeeds : [1]) drawn.push(await top1sOf(subject, recipe, seed, isDistilledToo));
  return drawn[0]!.map((_, which) => {
    const values = drawn.map((figures) => figures[which]!);
    return {
      distilled: which === 1,
      top1: values.reduce((sum, value) => sum + value, 0) / values.length,
      ...(isRandom ? { best: Math.max(...values) } : {}),
    };
  });
}

/**
 * Top-1 without distillation, then with. After one shot it is the same model that is distilled; a schedule distils
 * between its steps too.
 */
async function top1sOf(
  subject: GridSubject,
  recipe: GridRecipe,
  seed: number,
  isDistilledToo: boolean,
): Promise<number[]> {
  const { data } = subject;
  const isGradual = recipe.schedule === 'gradual';
  const context = contextOf(subject, seed);
  await pruneBy(context, recipe, subject.samples, 0);
  const plain = await top1(context.model, data);
  if (!isDistilledToo) return [plain];
  const taught = isGradual ? contextOf(subject, seed) : context;
  if (isGradual) await pruneBy(taught, recipe, subject.samples, 1);
  await CATALOG.distill.run(taught, DistillOptions.parse({ epochs: isGradual ? 1 : EPOCHS, keepZeros: 'always' }));
  return [plain, await top1(taught.model, data)];
}

function contextOf({ model, data, folder }: GridSubject, seed: number): PassContext {
  const baseline = writeModel(model);
  return {
    model: cloneModel(model),
    baseline,
    history: [baseline],
    data,
    seed,
    threads: 1,
    outputPath: folder,
    progress: () => undefined,
    log: () => undefined,
  };
}

async function pruneBy(
  context: PassContext,
  recipe: GridRecipe,
  samples: number,
  recoverEpochs: number,
): Promise<void> {
  await CATALOG.prune.run(
    context,
    PruneOptions.parse({
      ...recipe,
      samples,
      ...(recipe.granularity === 'channel' ? { multipleOf: 1 } : {}),
      ...(recipe.schedule === 'one-shot' ? {} : { steps: EPOCHS, recoverEpochs }),
    }),
  );
}
