import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { ModelProtoSchema } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../context.fixture.js';
import type { PassContext } from '../pass.js';

/** Samples of the train split; a third of each class. */
export const SAMPLES = 96;

/**
 * A folder with a data set of eight normal numbers a sample (input `x`), labels of four classes (array `y`; `c` has
 * them drawn by chance) and two numbers to regress (`t`).
 */
export class Points {
  private constructor(
    readonly folder: string,
    private readonly data: Dataset,
  ) {}

  static async create(manifest: object = {}): Promise<Points> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-points-'));
    const random = randomNumbers(21);
    const x = Float32Array.from({ length: SAMPLES * 8 }, () => (random() + random() + random() - 1.5) * 2);
    const row = (i: number) => x.subarray(i * 8, (i + 1) * 8);
    // The class is told by two signs, the numbers are sums: a net of one hidden layer learns both.
    const isPositive = (i: number, column: number) => Number(row(i)[column]! > 0);
    const labels = BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(isPositive(i, 0) * 2 + isPositive(i, 1)));
    const difference = (i: number, column: number) => row(i)[column]! - row(i)[2]!;
    const numbers = Float32Array.from({ length: SAMPLES * 2 }, (_, i) => difference(i >> 1, i % 2));
    await writeFile(
      join(folder, 'data.npz'),
      writeNpz({
        x: { dtype: 'f4', dims: [SAMPLES, 8], data: x },
        y: { dtype: 'i8', dims: [SAMPLES], data: labels },
        c: {
          dtype: 'i8',
          dims: [SAMPLES],
          data: BigInt64Array.from({ length: SAMPLES }, () => BigInt(Math.floor(random() * 4))),
        },
        t: { dtype: 'f4', dims: [SAMPLES, 2], data: numbers },
      }),
    );
    const points = {
      name: 'points',
      inputs: { x: { array: 'x' } },
      labels: { array: 'y', classes: 4 },
      splits: { train: { file: 'data.npz' } },
      ...manifest,
    };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(points));
    return new Points(folder, await openDataset(folder));
  }

  /** A stage's context on a model. */
  context(model: Uint8Array, changes: Partial<PassContext> = {}): PassContext {
    const known = { baseline: model, history: [model], data: this.data, seed: 5, outputPath: this.folder };
    return stageContext(fromBinary(ModelProtoSchema, model), { ...known, ...changes });
  }

  async remove(): Promise<void> {
    await this.data.close();
    await rm(this.folder, { recursive: true });
  }
}
