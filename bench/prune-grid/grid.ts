import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG, type PassContext } from '#compression';
import { DistillOptions, PruneOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { top1 } from '../digits.js';

/** How one figure came about. */
export type Cell = {
  granularity: 'weight' | 'channel';
  ratio: number;
  importance: PruneOptions['importance'];
  schedule: 'one-shot' | 'gradual';
  distilled: boolean;
};

/** What is measured: the cells are all combinations. */
export interface GridForm {
  nets: readonly NetName[];
  ratios: Record<Cell['granularity'], readonly number[]>;
  importances: readonly Cell['importance'][];
  schedules: readonly Cell['schedule'][];
  distilled: readonly boolean[];
  /** Draws of the control, whose mean is reported. */
  randomSeeds: readonly number[];
}

type NetName = keyof typeof NETS;

const ENLARGE = [{ op: 'reshape', dims: [1, 28, 28] }, { op: 'pad', pads: [0, 2, 2, 0, 2, 2] }];
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
  distilled: [false, true],
  randomSeeds: [1, 2, 3],
};

/** A few rows, enough to see that gradient and entropy beat chance. */
export const SHORT_FORM: GridForm = {
  nets: ['lenet-5'],
  ratios: { weight: [0.9], channel: [0.5] },
  importances: ['random', 'entropy', 'taylor'],
  schedules: ['one-shot'],
  distilled: [false],
  randomSeeds: [1, 2, 3],
};

/** Digits that distillation sees, and how often in all: as much after one shot as between and after the steps of a schedule. */
const TRAIN_SAMPLES = 1024;
const EPOCHS = 2;
const SAMPLES = 512;

/** A trained net and its digits. */
export interface Subject {
  model: ModelProto;
  data: Dataset;
  folder: string;
}

/** Opens one of the nets of the folder `examples`; `folder` receives its data set. */
export async function openSubject(net: NetName, examples: string, folder: string): Promise<Subject> {
  const place = join(folder, net);
  await mkdir(place);
  for (const file of ['mnist-train.npz', 'mnist-test.npz']) await copyFile(join(examples, 'seed-net', file), join(place, file));
  const manifest = {
    name: `digits for ${net}`,
    inputs: { '*': { array: 'x', preprocess: NETS[net].preprocess } },
    labels: { array: 'y', classes: 10 },
    splits: { calibration: { file: 'mnist-train.npz', count: SAMPLES }, train: { file: 'mnist-train.npz', count: TRAIN_SAMPLES }, test: { file: 'mnist-test.npz' } },
  };
  await writeFile(join(place, 'dataset.json'), JSON.stringify(manifest));
  return { model: readModel(await readFile(join(examples, NETS[net].file))), data: await openDataset(place), folder: place };
}

export function cellsOf({ ratios, importances, schedules, distilled }: GridForm): Cell[] {
  return (['weight', 'channel'] as const).flatMap((granularity) =>
    ratios[granularity].flatMap((ratio) => schedules.flatMap((schedule) => distilled.flatMap((isDistilled) => importances.map((importance): Cell => ({ granularity, ratio, importance, schedule, distilled: isDistilled }))))),
  );
}

/** Top-1 on the 2,000 test digits, 0..1; of the control the mean over its seeds. */
export async function measureCell(subject: Subject, cell: Cell, { randomSeeds }: GridForm): Promise<number> {
  const seeds = cell.importance === 'random' ? randomSeeds : [1];
  let sum = 0;
  for (const seed of seeds) sum += await top1(await made(subject, cell, seed), subject.data);
  return sum / seeds.length;
}

async function made({ model, data, folder }: Subject, { distilled, ...cell }: Cell, seed: number): Promise<ModelProto> {
  const student = cloneModel(model);
  const baseline = writeModel(model);
  const context: PassContext = { model: student, baseline, history: [baseline], data, seed, threads: 1, outputPath: folder, progress: () => undefined, log: () => undefined };
  const isGradual = cell.schedule === 'gradual';
  await CATALOG.prune.run(context, PruneOptions.parse({ ...cell, samples: SAMPLES, multipleOf: 1, steps: EPOCHS, recoverEpochs: isGradual && distilled ? 1 : 0 }));
  if (distilled) await CATALOG.distill.run(context, DistillOptions.parse({ epochs: isGradual ? 1 : EPOCHS, keepZeros: 'always' }));
  return student;
}
