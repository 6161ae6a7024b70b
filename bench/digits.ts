import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { writeModel, type ModelProto } from '#onnx';

export const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** MNIST digits for nets of 28 x 28 pixels, the arrays of the seed-net example; `folder` receives the data set. */
export async function smallDigits(folder: string): Promise<Dataset> {
  for (const file of ['mnist-train.npz', 'mnist-test.npz'])
    await copyFile(join(EXAMPLES, 'seed-net', file), join(folder, file));
  const manifest = {
    name: 'digits',
    inputs: { '*': { array: 'x', preprocess: [{ op: 'scale', factor: 1 / 255 }] } },
    labels: { array: 'y', classes: 10 },
    splits: {
      calibration: { file: 'mnist-train.npz', count: 512 },
      train: { file: 'mnist-train.npz' },
      test: { file: 'mnist-test.npz' },
    },
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
  return openDataset(folder);
}

/** Share of the 2,000 test digits whose largest score is the right one, 0..1. */
export async function top1(model: ModelProto, data: Dataset): Promise<number> {
  const session = await Session.create(writeModel(model));
  let [right, seen] = [0, 0];
  for await (const { inputs, labels, size } of data
    .bindInputs(session.inputs.map(({ name }) => name))
    .batches('test', { batchSize: 200 })) {
    const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
    for (let i = 0; i < size; i++, seen++) {
      const row = logits.subarray(i * 10, i * 10 + 10);
      right += Number(row.indexOf(Math.max(...row)) === labels![i]);
    }
  }
  await session.release();
  return right / seen;
}
