import { GraphBuilder, type ModelProto } from '#onnx';
import type { BenchResult } from '../harness.js';
import { Lab, NetWriter, digits } from './lab.js';

/** Hinton et al. 2015, section 3: what the distilled net is trained with but for its targets. */
const TRAINING = { epochs: 16, batchSize: 128, learningRate: 1e-3 };

/**
 * Hinton et al. 2015, section 3, on 8,000 digits: a teacher of two layers of 1,200 units trained on jittered digits; a
 * net of two layers of 800 on the digits as they are, from hard labels and from the teacher's soft answers. Jitter
 * stands for the teacher's dropout as well.
 */
export async function* hinton(folder: string): AsyncGenerator<BenchResult> {
  const lab = new Lab(await digits(folder), folder);
  const [wide, narrow] = [dense(1200), dense(800)];
  const net = '2x1200 -> 2x800';
  const teacher = await lab.train(wide, {
    ...TRAINING,
    epochs: 24,
    augment: { shift: 2, flip: false, cutout: 0, mixup: 0 },
  });
  yield { net, method: 'teacher', ...teacher.row };
  const plain = await lab.train(narrow, TRAINING);
  yield { net, method: 'scratch', ...plain.row };
  const distilled = await lab.distill(narrow, teacher.model, { ...TRAINING, temperature: 20, alpha: 0.9 });
  yield { net, method: 'discriminative', ...distilled.row };
  await lab.data.close();
}

function dense(width: number): ModelProto {
  const b = new GraphBuilder('d');
  const net = new NetWriter(b, width);
  const first = b.op('Relu', [net.linear(b.op('Flatten', [b.input('input', ['n', 1, 28, 28])]), 784, width)]);
  b.output(net.linear(b.op('Relu', [net.linear(first, width, width)]), width, 10, 'logits'), ['n', 10]);
  return b.build();
}
