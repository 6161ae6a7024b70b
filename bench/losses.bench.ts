import {
  buildGradientStep,
  lossOf,
  meanSquaredError,
  softTargetDivergence,
  softmaxCrossEntropy,
  type ClosedForm,
  type Expression,
  type LossBuilder,
} from '#autodiff';
import { Trainer, adam, blockedLayout, observeTrainingShapes, trainingForm } from '#compression';
import { float32 } from '#inference';
import { DataType, Graph, GraphBuilder, cloneModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { alternate, median, type BenchResult } from './harness.js';
import { trainedNets, type TrainedNet } from './training.bench.js';

/** Ratios are medians over so many pairs of steps; the first ones warm up. */
const STEPS = 40;
const WARMUP = 4;

const TEMPERATURE = 4;

type Loss = (l: LossBuilder, z: Expression) => Expression;

/** Each loss in two ways: with its gradient written out, and as an expression that the engine differentiates. */
const LOSSES: Record<string, { closed: Loss; derived: Loss }> = {
  'cross-entropy': {
    closed: (l, z) => softmaxCrossEntropy(l, z, l.given('labels')),
    derived: (l, z) => {
      const [samples, classes] = z.dims as readonly [number, number];
      const { g } = l;
      const rows = g.reshape('labels', [samples, 1]);
      const hot = g.mask(g.op('Equal', [rows, g.ints([...Array(classes).keys()])]));
      return weighted(l, l.given(hot, z.dims), z.logSoftmax())
        .sum()
        .times(-1 / samples);
    },
  },
  divergence: {
    closed: (l, z) => softTargetDivergence(l, z, l.given('teacher'), TEMPERATURE),
    derived: (l, z) => {
      const theirs = l.given('teacher').times(1 / TEMPERATURE);
      const difference = theirs.logSoftmax().minus(z.times(1 / TEMPERATURE).logSoftmax());
      return weighted(l, theirs.softmax(), difference)
        .sum()
        .times(TEMPERATURE ** 2 / z.dims[0]!);
    },
  },
  'squared error': {
    closed: (l, z) => l.closed(z, squaredError(l, z)),
    derived: (l, z) => meanSquaredError(z, l.given('teacher')),
  },
};

/** Weights times values, where 0 · ∞ is 0, as the closed forms have it. */
function weighted(l: LossBuilder, weights: Expression, values: Expression): Expression {
  const [zero, { dims }] = [l.number(0), values];
  const isNothing = l.write({ opType: 'Equal', inputs: [weights, zero] }, dims);
  return l.write({ opType: 'Where', inputs: [isNothing, zero, weights.times(values)] }, dims);
}

/** dZ = 2 (Z - target) / count. */
function squaredError({ g }: LossBuilder, z: Expression): ClosedForm {
  const difference = g.sub(z.name, 'teacher');
  return {
    value: g.scale(g.sum(g.square(difference), [...z.dims.keys()]), 1 / z.count),
    gradient: g.scale(difference, 2 / z.count),
  };
}

/** A loss that is most of the step: 2,048 tokens of 5,000 words behind one layer. */
function words(): ModelProto {
  const b = new GraphBuilder();
  const random = randomNumbers(3);
  const weight = b.float(
    Float32Array.from({ length: 32 * 5000 }, () => random() - 0.5),
    [32, 5000],
  );
  b.output(b.op('MatMul', [b.input('x', ['n', 32]), weight], {}, { outputs: ['y'] }), ['n', 5000]);
  return b.build();
}

/** The step with a loss in closed form against the same step with its gradient derived, on one thread. */
export async function run(): Promise<BenchResult[]> {
  const nets = [...(await trainedNets()), { net: 'words 2048x5000', model: words(), sample: [32], batch: 2048 }];
  const results: BenchResult[] = [];
  for (const net of nets) for (const loss of Object.keys(LOSSES)) results.push(await compare(net, loss));
  return results;
}

async function compare(net: TrainedNet, loss: string): Promise<BenchResult> {
  const { closed, derived } = LOSSES[loss]!;
  const [a, b] = [await trainerOf(net, closed), await trainerOf(net, derived)];
  const [closedMs, derivedMs]: [number[], number[]] = [[], []];
  await alternate(
    {
      closed: async () => closedMs.push(await cpuMs(a.step)),
      derived: async () => derivedMs.push(await cpuMs(b.step)),
    },
    STEPS,
    WARMUP,
  );
  await Promise.all([a.release(), b.release()]);
  const ratio = median(derivedMs.slice(WARMUP).map((ms, i) => ms / closedMs[WARMUP + i]!));
  return { net: net.net, loss, closedMs: median(closedMs), derivedMs: median(derivedMs), ratio };
}

/** Milliseconds of the processor that one call takes: what is compared differs by less than a busy machine's clock. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function trainerOf({ model, sample, batch }: TrainedNet, loss: Loss) {
  const random = randomNumbers(2);
  const numbers = (dims: readonly number[]) =>
    float32(dims, Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, random));
  const { graph, trainables } = trainingForm(new Graph(cloneModel(model)));
  const inputs = { [graph.inputs[0]!.name]: numbers([batch, ...sample]) };
  const shapes = await observeTrainingShapes(graph, inputs);
  const output = graph.outputs[0]!.name;
  const dims = shapes.get(output)!;
  const step = buildGradientStep({
    graph,
    shapes,
    parameters: trainables.map(({ name }) => name),
    extraInputs: [
      { name: 'labels', dims: [batch], type: DataType.INT64 },
      { name: 'teacher', dims, type: DataType.FLOAT },
    ],
    loss: (l) => lossOf(loss(l, l.value(output))),
    block: await blockedLayout(),
  });
  const weights = step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values])));
  const trainer = await Trainer.create(step, { weights, optimizer: adam() }, 1);
  const data = BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % dims[1]!));
  const feeds = { ...inputs, labels: { type: 'int64' as const, dims: [batch], data }, teacher: numbers(dims) };
  return { step: () => trainer.run(feeds, 1e-4), release: () => trainer.release() };
}
