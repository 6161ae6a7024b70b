import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readModel } from '#onnx';
import type { BenchResult } from '../harness.js';
import { EXAMPLES } from '../digits.js';
import { Lab, digits } from './lab.js';

const EPOCHS = 2;

/**
 * A quarter of LeNet-5's width: from labels alone; cut from it and taught, for as many epochs and for twice as many;
 * and through an assistant of half its width.
 */
export async function* cut(folder: string): AsyncGenerator<BenchResult> {
  const lab = new Lab(await digits(folder), folder);
  const teacher = readModel(await readFile(join(EXAMPLES, 'lenet/lenet-5.onnx')));
  const net = 'lenet-5 -> quarter width';
  const student = { width: 0.25, depth: 1 };
  const { model, row } = await lab.distill(teacher, teacher, { student, epochs: EPOCHS });
  yield { net, method: 'scratch', ...(await lab.train(model, { epochs: EPOCHS })).row };
  yield { net, method: 'cut', ...row };
  yield {
    net,
    method: 'cut, twice as long',
    ...(await lab.distill(teacher, teacher, { student, epochs: 2 * EPOCHS })).row,
  };
  yield {
    net,
    method: 'cut through half width',
    ...(await lab.distill(teacher, teacher, { student, assistants: [{ width: 0.5, depth: 1 }], epochs: EPOCHS })).row,
  };
  await lab.data.close();
}
