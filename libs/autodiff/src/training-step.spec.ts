import { toBinary } from '@bufbuild/protobuf';
import { Session, float32, type HostTensors } from '#inference';
import { DataType, Graph, GraphBuilder, ModelProtoSchema } from '#onnx';
import { lossOf, type LossBuilder } from './losses/loss-builder.js';
import { MissingGradientError, TrainingStepError } from './errors.js';
import { missingGradients } from './gradients.js';
import { meanSquaredError } from './losses/losses.js';
import { adam, sgd, type Optimizer } from './optimizers.js';
import { STEP, buildTrainingStep, type TrainingStep } from './training-step.js';

/** y = x · w with w [2, 1]; x has two rows. */
function linear(extra?: (b: GraphBuilder, y: string) => string): Graph {
  const b = new GraphBuilder();
  b.input('x', [2, 2]);
  const y = b.op('MatMul', ['x', b.float([0.5, -1], [2, 1])]);
  b.output(extra ? extra(b, y) : y, [2, 1]);
  return new Graph(b.build());
}

function stepOf(optimizer: Optimizer, clipNorm?: number, masked = true): { step: TrainingStep; weight: string } {
  const graph = linear();
  const weight = graph.nodes[0]!.input[1]!;
  const output = graph.outputs[0]!.name;
  const shapes = new Map([
    ['x', [2, 2]],
    [weight, [2, 1]],
    [output, [2, 1]],
  ]);
  const step = buildTrainingStep({
    graph,
    shapes,
    parameters: [weight],
    extraInputs: [{ name: 'target', dims: [2, 1], type: DataType.FLOAT }],
    loss: (l) => lossOf(meanSquaredError(l.value(output), l.given('target'))),
    optimizer,
    masked,
    ...(clipNorm === undefined ? {} : { clipNorm }),
  });
  return { step, weight };
}

const X = [1, 2, 3, -1];
const TARGET = [1, 0];

/** The same step in plain arithmetic: gradient of mean (x·w - t)². */
function gradient([a, b]: [number, number], x = X): [number, number] {
  const errors = [x[0]! * a + x[1]! * b - TARGET[0]!, x[2]! * a + x[3]! * b - TARGET[1]!];
  return [errors[0]! * x[0]! + errors[1]! * x[2]!, errors[0]! * x[1]! + errors[1]! * x[3]!];
}

async function runSteps(step: TrainingStep, count: number, mask = [1, 1]): Promise<Float32Array> {
  const session = await Session.create(toBinary(ModelProtoSchema, step.model), { optimization: 'extended' });
  let state: HostTensors = Object.fromEntries(
    step.state.map((name) => [name, float32([2], name === STEP.weights ? [0.5, -1] : [0, 0])]),
  );
  for (let i = 0; i < count; i++) {
    const result = await session.run({
      ...state,
      x: float32([2, 2], X),
      target: float32([2, 1], TARGET),
      ...(step.masked ? { [STEP.mask]: float32([2], mask) } : {}),
      [STEP.learningRate]: float32([], [0.1]),
      [STEP.count]: float32([], [i]),
    });
    state = Object.fromEntries(step.state.map((name) => [name, result[STEP.next(name)]!]));
  }
  return state[STEP.weights]!.data as Float32Array;
}

describe('a training step', () => {
  it('descends by plain gradient descent as the arithmetic says', async () => {
    const w: [number, number] = [0.5, -1];
    for (let i = 0; i < 3; i++)
      gradient(w).forEach((g, k) => {
        w[k]! -= 0.1 * g;
      });
    const trained = await runSteps(stepOf(sgd()).step, 3);
    trained.forEach((value, k) => expect(value).toBeCloseTo(w[k]!, 4));
  });

  it.each([false, true])('carries momentum from step to step (nesterov %s)', async (nesterov) => {
    const w: [number, number] = [0.5, -1];
    const v = [0, 0];
    for (let i = 0; i < 3; i++) {
      gradient(w).forEach((g, k) => {
        v[k] = 0.9 * v[k]! + g;
        w[k]! -= 0.1 * (nesterov ? g + 0.9 * v[k]! : v[k]!);
      });
    }
    const trained = await runSteps(stepOf(sgd({ momentum: 0.9, nesterov })).step, 3);
    trained.forEach((value, k) => expect(value / w[k]!).toBeCloseTo(1, 4));
  });

  it('takes the steps of Adam with decoupled weight decay', async () => {
    const w: [number, number] = [0.5, -1];
    const [m, v] = [
      [0, 0],
      [0, 0],
    ];
    for (let i = 1; i <= 4; i++) {
      gradient([...w]).forEach((g, k) => {
        m[k] = 0.9 * m[k]! + 0.1 * g;
        v[k] = 0.999 * v[k]! + 0.001 * g * g;
        w[k] =
          w[k]! * (1 - 0.1 * 0.05) - (0.1 * (m[k]! / (1 - 0.9 ** i))) / (Math.sqrt(v[k]! / (1 - 0.999 ** i)) + 1e-8);
      });
    }
    const trained = await runSteps(stepOf(adam({ weightDecay: 0.05 })).step, 4);
    trained.forEach((value, k) => expect(value).toBeCloseTo(w[k]!, 4));
  });

  it('leaves masked elements as they are, to the bit', async () => {
    const trained = await runSteps(stepOf(adam()).step, 5, [0, 1]);
    expect(trained[0]).toBe(0.5);
    expect(trained[1]).not.toBe(-1);
  });

  it('takes the same steps without a mask, to the bit, when nothing is frozen', async () => {
    const { step } = stepOf(adam(), undefined, false);
    const inputs = step.model.graph!.input.map(({ name }) => name);
    expect(inputs).not.toContain(STEP.mask);
    expect(inputs).not.toContain(STEP.average);
    expect(await runSteps(step, 5)).toEqual(await runSteps(stepOf(adam()).step, 5));
  });

  it('computes with the weights that it does not train as they are', async () => {
    const b = new GraphBuilder();
    const weight = b.float([0.5, -1], [2, 1]);
    const tripled = b.op('Mul', [b.input('x', [2, 2]), b.float([3, 3])]);
    const output = b.output(b.op('MatMul', [tripled, weight]), [2, 1]);
    const step = buildTrainingStep({
      graph: new Graph(b.build()),
      shapes: new Map([
        ['x', [2, 2]],
        [tripled, [2, 2]],
        [weight, [2, 1]],
        [output, [2, 1]],
      ]),
      parameters: [weight],
      extraInputs: [{ name: 'target', dims: [2, 1], type: DataType.FLOAT }],
      loss: (l) => lossOf(meanSquaredError(l.value(output), l.given('target'))),
      optimizer: sgd(),
    });
    const [a, c] = gradient(
      [0.5, -1],
      X.map((value) => 3 * value),
    );
    const trained = await runSteps(step, 1);
    expect(trained[0]).toBeCloseTo(0.5 - 0.1 * a, 4);
    expect(trained[1]).toBeCloseTo(-1 - 0.1 * c, 4);
  });

  it('shortens a gradient whose norm passes the limit', async () => {
    const trained = await runSteps(stepOf(sgd(), 1).step, 1);
    expect(Math.hypot(trained[0]! - 0.5, trained[1]! + 1)).toBeCloseTo(0.1, 5);
  });
});

describe('what cannot be differentiated', () => {
  it('is named with its node when it lies between a weight and the loss', () => {
    const graph = linear((b, y) => b.op('Det', [b.op('Unsqueeze', [y, b.ints([0])])]));
    const weight = graph.nodes[0]!.input[1]!;
    expect(missingGradients(graph, [graph.outputs[0]!.name], [weight])).toEqual([
      { node: graph.nodes.at(-1)!.output[0], opType: 'Det' },
    ]);
    const request = {
      graph,
      shapes: new Map([
        ['x', [4, 2]],
        ...graph.proto.initializer.map((t): [string, number[]] => [t.name, t.dims.map(Number)]),
      ]),
      parameters: [weight],
      extraInputs: [],
      optimizer: sgd(),
    };
    const shapes = new Map([...request.shapes, [graph.outputs[0]!.name, []]]);
    const loss = (l: LossBuilder) => lossOf(l.value(graph.outputs[0]!.name).square());
    expect(() => buildTrainingStep({ ...request, shapes, loss })).toThrow(MissingGradientError);
  });

  it('is no obstacle off the path', () => {
    const graph = linear((b, y) =>
      b.op('Add', [y, b.op('Cast', [b.op('ArgMax', [y], { axis: 1 })], { to: DataType.FLOAT })]),
    );
    expect(missingGradients(graph, [graph.outputs[0]!.name], [graph.nodes[0]!.input[1]!])).toEqual([]);
  });

  it('refuses to build a step that trains nothing', () => {
    const request = {
      graph: linear(),
      shapes: new Map(),
      parameters: [],
      extraInputs: [],
      optimizer: sgd(),
      loss: (l: LossBuilder) => lossOf(l.number(1)),
    };
    expect(() => buildTrainingStep(request)).toThrow(TrainingStepError);
  });
});
