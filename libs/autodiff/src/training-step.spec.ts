import { Session, float32 } from '#inference';
import { DataType, Graph, GraphBuilder, writeModel } from '#onnx';
import { lossOf, type LossBuilder } from './losses/loss-builder.js';
import { MissingGradientError, TrainingStepError } from './errors.js';
import { missingGradients } from './gradients.js';
import { meanSquaredError } from './losses/losses.js';
import { STEP, buildGradientStep, type GradientStep } from './training-step.js';

/** y = x · w with w [2, 1]; x has two rows. */
function linear(extra?: (b: GraphBuilder, y: string) => string): Graph {
  const b = new GraphBuilder();
  b.input('x', [2, 2]);
  const y = b.op('MatMul', ['x', b.float([0.5, -1], [2, 1])]);
  b.output(extra ? extra(b, y) : y, [2, 1]);
  return new Graph(b.build());
}

const X = [1, 2, 3, -1];
const TARGET = [1, 0];

/** The same in plain arithmetic: gradient of mean (x·w - t)² at w = (0.5, -1). */
function expected(x = X): [number, number] {
  const errors = [0.5 * x[0]! - x[1]! - TARGET[0]!, 0.5 * x[2]! - x[3]! - TARGET[1]!];
  return [errors[0]! * x[0]! + errors[1]! * x[2]!, errors[0]! * x[1]! + errors[1]! * x[3]!];
}

const LEARNED = { extraInputs: [{ name: 'target', dims: [2, 1], type: DataType.FLOAT }] };

/** Gradients of the step's parameters, each of which begins at 0.5, -1. */
async function gradients(step: GradientStep): Promise<number[][]> {
  const session = await Session.create(writeModel(step.model), { optimization: 'extended' });
  const weights = step.layout.slots.map(({ name, dims }) => [name, float32(dims, [0.5, -1])]);
  const result = await session.run({
    ...Object.fromEntries(weights),
    x: float32([2, 2], X),
    target: float32([2, 1], TARGET),
  });
  return step.layout.slots.map(({ name }) => [...(result[STEP.gradient(name)]!.data as Float32Array)]);
}

describe('a gradient step', () => {
  it('computes with the weights that it does not train as they are', async () => {
    const b = new GraphBuilder();
    const weight = b.float([0.5, -1], [2, 1]);
    const tripled = b.op('Mul', [b.input('x', [2, 2]), b.float([3, 3])]);
    const output = b.output(b.op('MatMul', [tripled, weight]), [2, 1]);
    const shapes = new Map([
      ['x', [2, 2]],
      [tripled, [2, 2]],
      [weight, [2, 1]],
      [output, [2, 1]],
    ]);
    const loss = (l: LossBuilder) => lossOf(meanSquaredError(l.value(output), l.given('target')));
    const graph = new Graph(b.build());
    const [found] = await gradients(buildGradientStep({ graph, shapes, parameters: [weight], loss, ...LEARNED }));
    const tripledX = expected(X.map((value) => 3 * value));
    found!.forEach((value, i) => expect(value).toBeCloseTo(tripledX[i]!, 4));
  });

  it('gives each of two parameters a gradient of its own where both are the same value', async () => {
    const b = new GraphBuilder();
    const [first, second] = [b.float([0.5, -1], [2, 1]), b.float([0.5, -1], [2, 1])] as const;
    const sum = b.op('Add', [first, second]);
    const output = b.output(b.op('MatMul', [b.input('x', [2, 2]), sum]), [2, 1]);
    const shapes = new Map([first, second, sum, output].map((name) => [name, [2, 1]])).set('x', [2, 2]);
    const loss = (l: LossBuilder) => lossOf(meanSquaredError(l.value(output), l.given('target')));
    const graph = new Graph(b.build());
    const step = buildGradientStep({ graph, shapes, parameters: [first, second], loss, ...LEARNED });
    const [one, other] = await gradients(step);
    expect(one).toEqual(other);
    // At w = (1, -2), twice what each begins at.
    const errors = [1 * 1 - 2 * 2 - 1, 3 * 1 + 2];
    one!.forEach((value, i) => expect(value).toBeCloseTo(errors[0]! * X[i]! + errors[1]! * X[2 + i]!, 4));
  });

  it('gives the gradient beside the value where that is asked for as an output of the model', async () => {
    const graph = linear();
    const [weight, output] = [graph.nodes[0]!.input[1]!, graph.outputs[0]!.name];
    const shapes = new Map([
      ['x', [2, 2]],
      [weight, [2, 1]],
      [output, [2, 1]],
    ]);
    const loss = (l: LossBuilder) => lossOf(meanSquaredError(l.value(output), l.given('target')));
    const request = { graph, shapes, parameters: [weight], loss, outputs: [output], ...LEARNED };
    const step = buildGradientStep(request);
    expect(step.model.graph!.output.map(({ name }) => name)).toEqual([
      output,
      STEP.gradient(weight),
      STEP.term('loss'),
    ]);
    const [found] = await gradients(step);
    found!.forEach((value, i) => expect(value).toBeCloseTo(expected()[i]!, 4));
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
    };
    const shapes = new Map([...request.shapes, [graph.outputs[0]!.name, []]]);
    const loss = (l: LossBuilder) => lossOf(l.value(graph.outputs[0]!.name).square());
    expect(() => buildGradientStep({ ...request, shapes, loss })).toThrow(MissingGradientError);
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
      loss: (l: LossBuilder) => lossOf(l.number(1)),
    };
    expect(() => buildGradientStep(request)).toThrow(TrainingStepError);
  });
});
