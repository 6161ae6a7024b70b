import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest } from '#contracts';
import { writeNpz, type NpzArray } from '#datasets';
import { DataType, Graph, elementCount, valueDims, valueElemType, type ModelProto, type ValueInfoProto } from '#onnx';
import { Dice } from './dice.js';
import { CLASSES } from './heads.js';

/** Samples of each split. */
export const SPLIT_SAMPLES = 8;

/** Writes a data set with labels and the splits calibration, train and test for a random model into a folder. */
export async function writeRandomData(folder: string, model: ModelProto, seed: number): Promise<void> {
  const dice = new Dice(seed);
  const count = 3 * SPLIT_SAMPLES;
  const { inputs } = new Graph(model);
  const arrays: Record<string, NpzArray> = {};
  for (const [i, input] of inputs.entries()) arrays[`input${i}`] = samplesOf(input, count, dice);
  const classes = BigInt64Array.from({ length: count }, () => BigInt(dice.int(0, CLASSES - 1)));
  arrays['labels'] = { dtype: 'i8', dims: [count], data: classes };
  const split = (start: number) => ({ file: 'data.npz', start, count: SPLIT_SAMPLES });
  const manifest: DatasetManifest = {
    name: 'random',
    inputs: Object.fromEntries(inputs.map(({ name }, i) => [name, { array: `input${i}`, preprocess: [] }])),
    labels: { array: 'labels', classes: CLASSES },
    splits: { calibration: split(0), train: split(SPLIT_SAMPLES), test: split(2 * SPLIT_SAMPLES) },
  };
  await writeFile(join(folder, 'data.npz'), writeNpz(arrays));
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
}

/** Indices of 16 rows, pixels, flags or normal numbers, as the input's type has it. */
function samplesOf(input: ValueInfoProto, count: number, dice: Dice): NpzArray {
  const dims = [count, ...valueDims(input)!.slice(1).map(Number)];
  const length = elementCount(dims);
  switch (valueElemType(input)) {
    case DataType.INT64:
      return { dtype: 'i8', dims, data: BigInt64Array.from({ length }, () => BigInt(dice.int(0, 15))) };
    case DataType.INT32:
      return { dtype: 'i4', dims, data: Int32Array.from({ length }, () => dice.int(0, 15)) };
    case DataType.UINT8:
      return { dtype: 'u1', dims, data: Uint8Array.from({ length }, () => dice.int(0, 255)) };
    case DataType.BOOL:
      return { dtype: 'b1', dims, data: Uint8Array.from({ length }, () => dice.int(0, 1)) };
    default:
      return { dtype: 'f4', dims, data: Float32Array.from({ length }, () => dice.normal(1)) };
  }
}
