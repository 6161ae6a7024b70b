import { buildGradientStep, lossOf, softmaxCrossEntropy, type GradientRequest } from '#autodiff';
import { float32, type HostTensors } from '#inference';
import { DataType, Graph, GraphBuilder } from '#onnx';
import { randomNumbers } from '#testing';
import { observeTrainingShapes } from '../observe.js';
import { trainingForm } from '../form/training-form.js';
import { Trainer } from '../trainer.js';
import { adam } from '../update/optimizer.js';

const [BATCH, INNER, CLASSES] = [12, 6, 5];

function net(): Graph {
  const b = new GraphBuilder();
  const random = randomNumbers(4);
  const weight = (dims: number[]) =>
    b.float(
      Float32Array.from({ length: dims[0]! * dims[1]! }, () => random() * 2 - 1),
      dims,
    );
  const hidden = b.op('Relu', [b.op('MatMul', [b.input('x', ['n', INNER]), weight([INNER, 8])])]);
  b.output(b.op('MatMul', [hidden, weight([8, CLASSES])], {}, { outputs: ['logits'] }), ['n', CLASSES]);
  return new Graph(b.build());
}

const random = randomNumbers(6);
const X = float32([BATCH, INNER], Float32Array.from({ length: BATCH * INNER }, random));
const FEEDS: HostTensors = {
  x: X,
  labels: { type: 'int64', dims: [BATCH], data: BigInt64Array.from({ length: BATCH }, (_, i) => BigInt(i % CLASSES)) },
};

/** The request of a step for so many samples, and the weights it starts from. */
async function request(samples: number): Promise<GradientRequest & { values: Map<string, Float32Array> }> {
  const { graph, trainables } = trainingForm(net());
  return {
    graph,
    shapes: await observeTrainingShapes(graph, { x: float32([samples, INNER], new Float32Array(samples * INNER)) }),
    parameters: trainables.map(({ name }) => name),
    extraInputs: [{ name: 'labels', dims: [samples], type: DataType.INT64 }],
    loss: (l) => lossOf(softmaxCrossEntropy(l, l.value('logits'), l.given('labels'))),
    values: new Map(trainables.map(({ name, values }) => [name, values])),
  };
}

/**
 * Weights and losses after some steps, the batch in `parts` on so many sessions; 0 parts for the step that takes it
 * whole.
 */
async function trained(parts: number, sessions = 1): Promise<{ weights: Float32Array; losses: number[] }> {
  const asked = await request(parts === 0 ? BATCH : BATCH / parts);
  const step = buildGradientStep(asked);
  const update = { optimizer: adam({ weightDecay: 0.01 }), clipNorm: 0.5, averaging: 0.5 };
  const start = { weights: step.layout.pack(asked.values), ...update };
  const trainer =
    parts > 0
      ? await Trainer.divided(step, start, { parts, sessions, threads: 1 })
      : await Trainer.create(step, start, 1);
  const losses: number[] = [];
  for (let i = 0; i < 8; i++) losses.push((await trainer.run(FEEDS, 0.05))['loss']!);
  const result = trainer.weights.slice();
  await trainer.release();
  return { weights: result, losses };
}

describe('a batch in parts', () => {
  it.each([2, 3, 12])('trains as the whole batch does, in %i parts', async (parts) => {
    const [whole, divided] = [await trained(0), await trained(parts)];
    divided.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 4));
    divided.weights.forEach((value, i) => expect(value).toBeCloseTo(whole.weights[i]!, 3));
  });

  it.each([
    [2, 2],
    [6, 2],
    [4, 3],
  ])('gives the same bytes whoever computes the parts: %i parts on %i sessions', async (parts, sessions) => {
    const [alone, together] = [await trained(parts), await trained(parts, sessions)];
    expect(together.weights).toEqual(alone.weights);
    expect(together.losses).toEqual(alone.losses);
  });
});
