import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DistillOptions } from '#contracts';
import { GraphBuilder, readModel, type ModelProto } from '#onnx';
import type { BenchResult } from '../harness.js';
import { EXAMPLES } from '../digits.js';
import { Lab, NetWriter, digits } from './lab.js';

const GENERATIVE: Partial<DistillOptions> = { method: 'generative', epochs: 24 };

/** LeNet-5 at half its width: from labels alone, and from LeNet-5 with data, without any, and with both. */
export async function* lenet(folder: string): AsyncGenerator<BenchResult> {
  const lab = new Lab(await digits(folder), folder);
  const teacher = readModel(await readFile(join(EXAMPLES, 'lenet/lenet-5.onnx')));
  const student = halfLenet();
  const net = 'lenet-5 -> half width';
  yield { net, method: 'teacher', ...(await lab.score(teacher)), seconds: null };
  yield { net, method: 'scratch', ...(await lab.train(student, {})).row };
  yield { net, method: 'discriminative', ...(await lab.distill(student, teacher, {})).row };
  yield { net, method: 'generative', ...(await lab.distill(student, teacher, GENERATIVE)).row };
  const cut = { ...GENERATIVE, student: { width: 0.5, depth: 1 } };
  yield { net, method: 'generative, cut from the teacher', ...(await lab.distill(student, teacher, cut)).row };
  yield { net, method: 'hybrid', ...(await lab.distill(student, teacher, { method: 'hybrid', epochs: 8 })).row };
  await lab.data.close();
}

function halfLenet(): ModelProto {
  const b = new GraphBuilder('h');
  const net = new NetWriter(b, 3);
  const stage = (x: string, from: number, to: number) =>
    b.op('MaxPool', [net.conv(x, from, to, 5)], { kernel_shape: [2, 2], strides: [2, 2] });
  const features = b.op('Flatten', [stage(stage(b.input('input', ['n', 1, 28, 28]), 1, 10), 10, 25)]);
  const hidden = b.op('Relu', [net.linear(features, 400, 250)]);
  b.output(net.linear(hidden, 250, 10, 'logits'), ['n', 10]);
  return b.build();
}
