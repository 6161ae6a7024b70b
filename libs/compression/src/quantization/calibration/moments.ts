import {
  nodeLabel,
  cloneModel,
  DataType,
  Graph,
  GraphBuilder,
  ownName,
  writeModel,
  type ModelProto,
  elementOf,
} from '#onnx';
import { Session } from '#inference';
import { answerOnly } from '../../rewrites/answer-only.js';
import type { CalibrationRun } from './calibrate.js';
import { DONE_BY } from '../run.js';
import type { Batches } from '../../calibration-data.js';
import { NonFiniteActivationError } from '../errors.js';
import type { Layer } from '../layers/layers.js';
import { inputRows, meanRows, productShape, type ProductShape } from '../layers/patches.js';

/** First and second moments of the vectors that a layer's weight rows multiply. */
export interface InputMoments {
  groups: number;
  /** Components of a group's vectors. */
  size: number;
  /** Mean of each component, [groups, size]. */
  mean: Float64Array;
  /** Σ x xᵀ / n, [groups, size, size]; null where only the mean was asked for. */
  second: Float64Array | null;
}

/**
 * Widest input whose second moments are taken: 4,096² floats are 64 MiB, and decomposing them takes most of a minute.
 */
export const MAX_MOMENT_SIZE = 4096;

/** Moments of the inputs of the layers that have them, by node label; a convolution's input vectors are its patches. */
export async function measureMoments(
  model: ModelProto,
  layers: readonly Layer[],
  batches: Batches,
  run: CalibrationRun,
  { withSecond }: { withSecond: boolean },
): Promise<Map<string, InputMoments>> {
  const source = new Graph(model);
  const subjects = layers.flatMap((layer): Subject[] => {
    const shape = productShape(source, layer);
    const isNarrow = shape !== null && shape.groups * shape.size ** 2 <= MAX_MOMENT_SIZE ** 2;
    return shape && (isNarrow || !withSecond) ? [{ layer, shape }] : [];
  });
  // Second moments leave the graph one matrix per run; means are small and take one walk together.
  const walks = withSecond ? subjects.map((subject) => [subject]) : [subjects];
  const measured = new Map<string, InputMoments>();
  if (withSecond) run.work?.begin('statistics of layers', DONE_BY.statistics, { count: walks.length, noun: 'layer' });
  for (const walk of walks) {
    for (const [label, moments] of await momentsOf(model, walk, batches, run, withSecond)) measured.set(label, moments);
    if (withSecond) run.work?.next();
  }
  return measured;
}

/** A layer whose moments are taken. */
interface Subject {
  layer: Layer;
  shape: ProductShape;
}

async function momentsOf(
  model: ModelProto,
  subjects: readonly Subject[],
  batches: Batches,
  run: CalibrationRun,
  withSecond: boolean,
): Promise<Map<string, InputMoments>> {
  const sums = new Map(
    subjects.map(({ layer, shape: { groups, size } }): [string, InputMoments] => [
      nodeLabel(layer.node),
      {
        groups,
        size,
        mean: new Float64Array(groups * size),
        second: withSecond ? new Float64Array(groups * size * size) : null,
      },
    ]),
  );
  if (sums.size === 0) return sums;
  const session = await Session.create(writeModel(momentGraph(model, subjects, withSecond)), { threads: run.threads });
  const wanted = new Set(session.inputs.map((input) => input.name));
  const elements = subjects.map(() => 0);
  try {
    for await (const batch of batches()) {
      const results = await session.run(Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name))));
      [...sums.values()].forEach(({ mean, second }, i) => {
        const weight = Number(results[outputName('elements', i)]!.data[0]);
        if (weight === 0) return;
        elements[i]! += weight;
        accumulate(mean, results[outputName('mean', i)]!.data as Float32Array, weight);
        if (second) accumulate(second, results[outputName('second', i)]!.data as Float32Array, weight);
      });
    }
  } finally {
    await session.release();
  }
  [...sums.values()].forEach(({ mean, second }, i) => {
    for (const sum of second ? [mean, second] : [mean])
      sum.forEach((total, at) => (sum[at] = total / (elementOf(elements, i, 'elements') || 1)));
    if (!mean.every(Number.isFinite))
      throw new NonFiniteActivationError(elementOf(subjects, i, 'subjects').layer.input, NaN, NaN);
  });
  return sums;
}

const outputName = (moment: 'mean' | 'second' | 'elements', i: number) => ownName(`moments:${moment}${i}`);

/** Batches count by the elements that their input has: the last one may be small, and one without any has no mean. */
function accumulate(sums: Float64Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * values[i]!;
}

function momentGraph(source: ModelProto, subjects: readonly Subject[], withSecond: boolean): ModelProto {
  const model = cloneModel(source);
  const graph = new Graph(model);
  const b = new GraphBuilder(ownName('moments:'));
  subjects.forEach(({ layer, shape }, i) => {
    const { groups, size } = shape;
    const elements = b.output(outputName('elements', i), [], DataType.INT64);
    b.op('Size', [layer.input], {}, { outputs: [elements] });
    const vectors = (withSecond ? inputRows : meanRows)(b, graph, layer, layer.input, shape);
    const filled = b.op('Reshape', [vectors, b.ints([-1, groups, size])]);
    const count = b.op('Max', [
      b.op('Cast', [b.op('Gather', [b.op('Shape', [filled]), b.ints(0)])], { to: DataType.FLOAT }),
      b.float(1),
    ]);
    // A row of zeros adds nothing, and keeps a product over no rows at all from ending the process.
    const zeros = b.float(new Float32Array(groups * size), [1, groups, size]);
    const rows = b.op('Concat', [filled, zeros], { axis: 0 });
    const columns = b.op('Transpose', [rows], { perm: [1, 2, 0] });
    if (withSecond)
      b.op(
        'Div',
        [b.op('MatMul', [columns, b.op('Transpose', [rows], { perm: [1, 0, 2] })]), count],
        {},
        { outputs: [b.output(outputName('second', i), [groups, size, size])] },
      );
    // A product with a vector of ones sums the rows in every opset, where ReduceMean's axes moved from attribute to
    // input.
    const ones = b.op('Div', [
      b.op('Expand', [
        b.float([1], [1, 1]),
        b.op('Concat', [b.op('Gather', [b.op('Shape', [rows]), b.ints([0])]), b.ints([1])], { axis: 0 }),
      ]),
      count,
    ]);
    b.op(
      'Reshape',
      [b.op('MatMul', [columns, ones]), b.ints([groups, size])],
      {},
      { outputs: [b.output(outputName('mean', i), [groups, size])] },
    );
  });
  answerOnly(graph, b);
  return model;
}
