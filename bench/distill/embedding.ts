import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG, type PassContext } from '#compression';
import { DistillOptions } from '#contracts';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { Session, float32 } from '#inference';
import { readModel, writeModel, type ModelProto } from '#onnx';
import type { BenchResult } from '../harness.js';
import { THREADS } from './lab.js';
import { WINDOW, melWindows, openwakeword } from './mel-windows.js';

/** Windows to learn from and to test on, each of a clip of its own. */
const SAMPLES = { train: 1200, test: 200 };

/** The values behind the net's five poolings: hints on the way for a net this deep. */
const HINTS = ['', '_1', '_2', '_3', '_4'].map((pool) => `model/max_pooling2d${pool}/MaxPool:0`);

const OPTIONS: Partial<DistillOptions> = {
  student: { width: 0.5, depth: 1 },
  epochs: 12,
  batchSize: 8,
  learningRate: 3e-3,
  clipNorm: 1,
  features: HINTS.map((value) => ({ teacher: value, student: value, kind: 'fitnet', weight: 0.5 })),
};

/**
 * A published net as teacher: openwakeword's audio embedding (20 convolutions, 96 numbers per window), and the student
 * that is cut from it at half its width. Rows give the SNR of the student's output over each epoch's samples, the last
 * one that on samples it never saw.
 */
export async function* embeddingRun(folder: string): AsyncGenerator<BenchResult> {
  const data = await windows(folder);
  const teacher = await openwakeword('embedding_model');
  const quiet = { progress: () => undefined, log: () => undefined };
  const context: PassContext = {
    model: readModel(teacher),
    baseline: teacher,
    history: [teacher],
    data,
    seed: 1,
    threads: THREADS,
    outputPath: folder,
    ...quiet,
  };
  const { model, summary } = await CATALOG.distill.run(context, DistillOptions.parse(OPTIONS));
  const row = { net: 'openwakeword embedding -> half width', method: 'discriminative' };
  const epochs = (summary['epochs'] as Record<string, number>[]).map(({ epoch, snrDb, seconds }): BenchResult => ({
    ...row,
    epoch: epoch!,
    snrDb: snrDb!,
    seconds: seconds!,
  }));
  yield* epochs;
  const { ours, mean } = await snrDb(model!, teacher, data);
  await data.close();
  yield { ...row, method: 'discriminative, unseen samples', epoch: epochs.length, snrDb: ours, seconds: null };
  yield { ...row, method: 'the mean answer, unseen samples', epoch: null, snrDb: mean, seconds: null };
}

async function windows(folder: string): Promise<Dataset> {
  const count = SAMPLES.train + SAMPLES.test;
  await writeFile(
    join(folder, 'mel.npz'),
    writeNpz({ x: { dtype: 'f4', dims: [count, ...WINDOW], data: await melWindows(count, 1) } }),
  );
  const splits = { train: { file: 'mel.npz', count: SAMPLES.train }, test: { file: 'mel.npz', start: SAMPLES.train } };
  await writeFile(
    join(folder, 'dataset.json'),
    JSON.stringify({ name: 'mel windows', inputs: { '*': { array: 'x' } }, splits }),
  );
  return openDataset(folder);
}

/**
 * SNR on the test windows of the student, and of the one answer that is right on average, which any student must beat.
 */
async function snrDb(
  student: ModelProto,
  teacher: Uint8Array,
  data: Dataset,
): Promise<{ ours: number | null; mean: number | null }> {
  const [theirs, ours] = [await Session.create(teacher), await Session.create(writeModel(student))];
  const bound = data.bindInputs(theirs.inputs.map(({ name }) => name));
  const mean = await meanAnswer(theirs, bound);
  const { scores } = await scoreModels([theirs, ours, mean], bound.batches('test', { batchSize: 50 }), null);
  await theirs.release();
  await ours.release();
  return { ours: scores[1]!.outputSnrDb ?? null, mean: scores[2]!.outputSnrDb ?? null };
}

/** A model that answers every window with the teacher's mean over the train windows. */
async function meanAnswer(teacher: Session, data: Dataset): Promise<Pick<Session, 'run'>> {
  const sums = new Map<string, Float64Array>();
  for await (const { inputs, size } of data.batches('train', { batchSize: 50 })) {
    for (const [name, { data: values }] of Object.entries(await teacher.run(inputs))) {
      const sum = sums.get(name) ?? new Float64Array(values.length / size);
      (values as Float32Array).forEach((value, i) => (sum[i % sum.length]! += value / SAMPLES.train));
      sums.set(name, sum);
    }
  }
  return {
    run: async (inputs) => {
      const size = Object.values(inputs)[0]!.dims[0]!;
      return Object.fromEntries(
        [...sums].map(([name, sum]) => [
          name,
          float32(
            [size, 1, 1, sum.length],
            Float32Array.from({ length: size * sum.length }, (_, i) => sum[i % sum.length]!),
          ),
        ]),
      );
    },
  };
}
