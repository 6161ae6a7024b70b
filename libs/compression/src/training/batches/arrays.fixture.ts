import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { readModel } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import type { PassContext } from '../../pass.js';

type Arrays = Parameters<typeof writeNpz>[0];

/** A data set of the arrays that a test makes up: `y` holds its labels, each other one an input of its own name. */
export class ArrayData {
  private constructor(
    readonly folder: string,
    readonly data: Dataset,
  ) {}

  static async create(arrays: Arrays, labels: object = { array: 'y', classes: 4 }): Promise<ArrayData> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-arrays-'));
    await writeFile(join(folder, 'data.npz'), writeNpz(arrays));
    const names = Object.keys(arrays).filter((name) => name !== 'y');
    const inputs = Object.fromEntries(names.map((name) => [name, { array: name }]));
    const manifest = { name: 'arrays', inputs, labels, splits: { train: { file: 'data.npz' } } };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    return new ArrayData(folder, await openDataset(folder));
  }

  /** A stage's context on a model. */
  context(model: Uint8Array, changes: Partial<PassContext> = {}): PassContext {
    const known = { baseline: model, history: [model], data: this.data, seed: 5, outputPath: this.folder };
    return stageContext(readModel(model), { ...known, ...changes });
  }

  async remove(): Promise<void> {
    await this.data.close();
    await rm(this.folder, { recursive: true });
  }
}
