import { cloneModel, DataType, Graph, GraphBuilder, makeTensor, ownName, type ModelProto, known } from '#onnx';
import { answerOnly } from '../../rewrites/answer-only.js';
import type { ValueRange } from '../grid/arithmetic.js';

/** Names of the outputs that carry one value's statistics. */
export interface StatisticsOutputs {
  value: string;
  outputs: string[];
}

export interface StatisticsGraph {
  model: ModelProto;
  fetches: StatisticsOutputs[];
}

/** Opset that the statistics need: ScatterElements adds since 16. */
export const STATISTICS_OPSET = 16;

/**
 * The model with [ReduceMin, ReduceMax] of each value as its only outputs, and a third that is 0 where all elements are
 * finite: extrema may pass a NaN over.
 */
export function rangeGraph(model: ModelProto, values: readonly string[]): StatisticsGraph {
  return withStatistics(
    model,
    values,
    (b, value) => [
      b.op('ReduceMin', [value], { keepdims: 0 }),
      b.op('ReduceMax', [value], { keepdims: 0 }),
      b.op('ReduceSum', [b.op('Mul', [value, b.float(0)])], { keepdims: 0 }),
    ],
    DataType.FLOAT,
  );
}

/**
 * The model with a histogram of each value over its range as its only outputs: element x falls into bin
 * ⌊(x − min) / (max − min) · bins⌋, and ScatterElements adds a one to that bin. Needs opset 16.
 */
export function histogramGraph(
  model: ModelProto,
  ranges: ReadonlyMap<string, ValueRange>,
  bins: number,
): StatisticsGraph {
  return withStatistics(
    model,
    [...ranges.keys()],
    (b, value) => [countBins(b, value, known(ranges, value, 'ranges'), bins)],
    DataType.INT32,
  );
}

function countBins(b: GraphBuilder, value: string, { min, max }: ValueRange, bins: number): string {
  const flat = b.op('Reshape', [value, b.ints([-1])]);
  const fromLeast = b.op('Sub', [flat, b.float(min)]);
  const position = b.op('Mul', [fromLeast, b.float(bins / (max - min))]);
  const index = b.op('Cast', [b.op('Clip', [position, b.float(0), b.float(bins - 1)])], { to: DataType.INT32 });
  const zeros = b.initializer(makeTensor(b.fresh('zeros'), DataType.INT32, [bins], new Int32Array(bins)));
  const counted = makeTensor(b.fresh('one'), DataType.INT32, [1], Int32Array.of(1));
  const one = b.initializer(counted);
  return b.op('ScatterElements', [zeros, index, b.op('Expand', [one, b.op('Shape', [index])])], {
    axis: 0,
    reduction: 'add',
  });
}

function withStatistics(
  source: ModelProto,
  values: readonly string[],
  build: (builder: GraphBuilder, value: string) => string[],
  type: DataType,
): StatisticsGraph {
  const model = cloneModel(source);
  const graph = new Graph(model);
  const builder = new GraphBuilder(ownName('statistics:'));
  const fetches = values.map((value) => ({ value, outputs: build(builder, value) }));
  for (const { outputs } of fetches) for (const output of outputs) builder.output(output, undefined, type);
  answerOnly(graph, builder);
  return { model, fetches };
}
