import { BLOCKED_DOMAIN, buildGradientStep, lossOf, softmaxCrossEntropy } from '#autodiff';
import { float32, type HostTensors } from '#inference';
import { DataType, Graph, GraphBuilder } from '#onnx';
import { randomNumbers } from '#testing';
import { blockedLayout } from './blocked-layout.js';
import { observeTrainingShapes } from '../observe.js';
import { trainingForm } from '../form/training-form.js';
import { Trainer } from '../trainer.js';
import { sgd } from '../update/optimizer.js';

const BATCH = 16;

/**
 * A stem, a residual pair, an inverted residual with a depthwise convolution of stride 2, a pool, and a classifier on
 * the mean.
 */
function net(): Graph {
  const b = new GraphBuilder();
  const random = randomNumbers(5);
  const weight = (...dims: number[]) => {
    const size = dims.reduce((a, d) => a * d, 1);
    return b.float(
      Float32Array.from({ length: size }, () => (random() - 0.5) * Math.sqrt((12 * dims[0]!) / size)),
      dims,
    );
  };
  const conv = (x: string, from: number, to: number, kernel: number, stride = 1, group = 1) =>
    b.op('Conv', [x, weight(to, from / group, kernel, kernel), weight(to)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: Array<number>(4).fill((kernel - 1) / 2),
      group,
    });
  const relu = (x: string) => b.op('Relu', [x]);
  const stem = relu(conv(b.input('x', [BATCH, 3, 16, 16]), 3, 16, 3));
  const sum = relu(b.op('Add', [conv(relu(conv(stem, 16, 16, 3)), 16, 16, 3), stem]));
  // A constant of the same rank that is no image: it stays as it is, and what it meets with it.
  const residual = b.op('Add', [sum, weight(1, 16, 1, 1)]);
  const wide = b.op('Clip', [conv(residual, 16, 32, 1), b.float(0), b.float(6)]);
  const narrow = conv(relu(conv(wide, 32, 32, 3, 2, 32)), 32, 20, 1);
  const pooled = b.op('MaxPool', [relu(conv(narrow, 20, 32, 3))], { kernel_shape: [3, 2], strides: [3, 2] });
  const flat = b.op('Flatten', [b.op('GlobalAveragePool', [pooled])]);
  b.output(b.op('Gemm', [flat, weight(32, 10), weight(10)], {}, { outputs: ['logits'] }), [BATCH, 10]);
  return new Graph(b.build());
}

async function threeSteps(block: number): Promise<{ losses: number[]; weights: Float32Array; blockedNodes: number }> {
  const { graph, trainables } = trainingForm(net());
  const random = randomNumbers(8);
  // A flat half, as real images have: its windows tie.
  const x = float32(
    [BATCH, 3, 16, 16],
    Float32Array.from({ length: BATCH * 3 * 256 }, (_, i) => (i % 256 < 128 ? 0 : random())),
  );
  const shapes = await observeTrainingShapes(graph, { x });
  const step = buildGradientStep({
    graph,
    shapes,
    parameters: trainables.map(({ name }) => name),
    extraInputs: [{ name: 'labels', dims: [BATCH], type: DataType.INT64 }],
    loss: (l) => lossOf(softmaxCrossEntropy(l, l.value('logits'), l.given('labels'))),
    block,
  });
  const start = {
    weights: step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values]))),
    optimizer: sgd({ momentum: 0.9 }),
  };
  const trainer = await Trainer.create(step, start, 1);
  const batch: HostTensors = {
    x,
    labels: {
      type: 'int64',
      dims: [BATCH],
      data: BigInt64Array.from({ length: BATCH }, (_, i) => BigInt((7 * i + 1) % 10)),
    },
  };
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) losses.push((await trainer.run(batch, 0.05))['loss']!);
  const { weights } = trainer;
  await trainer.release();
  return {
    losses,
    weights,
    blockedNodes: step.model.graph!.node.filter(({ domain, opType }) => domain === BLOCKED_DOMAIN && opType === 'Conv')
      .length,
  };
}

it('a step in the blocked layout trains as one in standard operators does', async () => {
  const block = await blockedLayout();
  const [standard, blocked] = [await threeSteps(0), await threeSteps(block)];
  expect(standard.blockedNodes).toBe(0);
  // Where the runtime has the layout, all but those of 20 channels use it, forward and back, and the weights of kernels
  // of more than one tap.
  expect(blocked.blockedNodes).toBeGreaterThanOrEqual(block > 0 ? 13 : 0);
  blocked.losses.forEach((loss, i) => expect(loss).toBeCloseTo(standard.losses[i]!, 4));
  const largest = Math.max(...standard.weights.map(Math.abs));
  blocked.weights.forEach((value, i) => expect(Math.abs(value - standard.weights[i]!)).toBeLessThan(1e-4 * largest));
});
