import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG, type PassContext, type PassResult } from '#compression';
import { DistillOptions, TrainOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { Session } from '#inference';
import { GraphBuilder, cloneModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { EXAMPLES } from '../digits.js';

/**
 * MNIST digits for nets of 28 x 28 pixels: the arrays of the seed-net example, 8,000 to train on or the first `count`,
 * 2,000 to test.
 */
export async function digits(folder: string, count?: number): Promise<Dataset> {
  for (const file of ['mnist-train.npz', 'mnist-test.npz'])
    await copyFile(join(EXAMPLES, 'seed-net', file), join(folder, file));
  const manifest = {
    name: 'digits',
    inputs: { '*': { array: 'x', preprocess: [{ op: 'scale', factor: 1 / 255 }] } },
    labels: { array: 'y', classes: 10 },
    splits: { train: { file: 'mnist-train.npz', ...(count && { count }) }, test: { file: 'mnist-test.npz' } },
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
  return openDataset(folder);
}

/** What a model came to. */
export interface Score {
  top1: number;
  /** Wrong answers among the test samples. */
  errors: number;
}

/** The cores of the smallest machine that the benchmark is for; seconds are those on so many. */
export const THREADS = 2;

/** Where models are trained and tested: one data set, one folder, one seed. */
export class Lab {
  constructor(
    readonly data: Dataset,
    private readonly folder: string,
  ) {}

  context(model: ModelProto, baseline: Uint8Array): PassContext {
    return {
      model,
      baseline,
      history: [baseline],
      data: this.data,
      seed: 1,
      threads: THREADS,
      outputPath: this.folder,
      progress: () => undefined,
      log: () => undefined,
    };
  }

  /** A copy of the net trained from labels, from fresh weights. */
  async train(
    net: ModelProto,
    options: Partial<TrainOptions>,
  ): Promise<{ model: ModelProto; row: Score & { seconds: number } }> {
    return this.timed(() =>
      CATALOG.train.run(this.context(cloneModel(net), writeModel(net)), TrainOptions.parse(options)),
    );
  }

  /** A copy of the student taught by the teacher. */
  async distill(
    student: ModelProto,
    teacher: ModelProto,
    options: Partial<DistillOptions>,
  ): Promise<{ model: ModelProto; row: Score & { seconds: number } }> {
    return this.timed(() =>
      CATALOG.distill.run(this.context(cloneModel(student), writeModel(teacher)), DistillOptions.parse(options)),
    );
  }

  async score(model: ModelProto): Promise<Score> {
    const session = await Session.create(writeModel(model));
    const batches = this.data.bindInputs(session.inputs.map(({ name }) => name)).batches('test', { batchSize: 200 });
    const { scores, samples } = await scoreModels([session], batches, this.data.classes);
    await session.release();
    const { top1 } = scores[0]!;
    return { top1: top1!, errors: Math.round((1 - top1!) * samples) };
  }

  private async timed(
    run: () => Promise<PassResult>,
  ): Promise<{ model: ModelProto; row: Score & { seconds: number } }> {
    const start = performance.now();
    const { model } = await run();
    const seconds = (performance.now() - start) / 1000;
    return { model: model!, row: { ...(await this.score(model!)), seconds } };
  }
}

/** Writes a net of random weights with variance 1 / fan-in and biases of zero. */
export class NetWriter {
  private readonly random: () => number;

  constructor(
    private readonly b: GraphBuilder,
    seed: number,
  ) {
    this.random = randomNumbers(seed);
  }

  linear(x: string, from: number, to: number, output?: string): string {
    return this.b.op(
      'Gemm',
      [x, this.weight([to, from], from), this.b.float(new Float32Array(to))],
      { transB: 1 },
      output ? { outputs: [output] } : {},
    );
  }

  conv(x: string, from: number, to: number, kernel: number): string {
    return this.b.op(
      'Conv',
      [x, this.weight([to, from, kernel, kernel], from * kernel ** 2), this.b.float(new Float32Array(to))],
      { kernel_shape: [kernel, kernel] },
    );
  }

  private weight(dims: readonly number[], fanIn: number): string {
    const size = dims.reduce((product, dim) => product * dim, 1);
    return this.b.float(
      Float32Array.from({ length: size }, () => (2 * this.random() - 1) * Math.sqrt(3 / fanIn)),
      dims,
    );
  }
}
