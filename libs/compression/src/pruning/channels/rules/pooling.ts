import { intAttribute, intsAttribute, type NodeProto, inputOf, outputOf } from '#onnx';
import { describe, positiveAxis, type LinkContext, type ChannelRule, type Rules } from './rule.js';

/** Batch and channels pass, the window slides over the rest. */
const pool: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    for (const axis of [0, 1]) context.link(x, axis, y, axis);
    for (const value of [x, y]) context.pinAxes(value, axesFrom(context, value, 2), 'slides over this axis');
    if (context.output(1))
      context.coordinates.pinValue(x, `the indices of ${describe(context.node)} count over all channels`);
  },
};

/** Axes that are reduced stay whole, the others pass. */
const reduce: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const axes = reducedAxes(context);
    const keepdims = intAttribute(context.node, 'keepdims', 1) === 1;
    if (!isNormStatistic(context, axes)) context.pinAxes(x, axes, 'reduces over this axis');
    let next = 0;
    context.dims(x).forEach((_, axis) => {
      if (!axes.includes(axis)) context.link(x, axis, y, next++);
      else if (keepdims) next++;
    });
  },
};

/**
 * The mean or variance of a layer normalisation that is spelled out, m = mean(x) of x - m, or mean((x - m)²): as in
 * LayerNormalization, the statistics run over what is left. The mean square of another difference is no such statistic.
 */
function isNormStatistic({ graph, node, coordinates }: LinkContext, axes: readonly number[]): boolean {
  const x = inputOf(node, 0);
  if (node.opType !== 'ReduceMean' || axes.length !== 1 || axes[0] !== coordinates.dimsOf(x).length - 1) return false;
  const isCentred = (candidate: NodeProto | undefined) => {
    const mean = candidate?.opType === 'Sub' ? graph.producer(candidate.input[1] ?? '') : undefined;
    return mean?.opType === 'ReduceMean' && mean.input[0] === candidate?.input[0];
  };
  if (graph.consumers(outputOf(node)).some((use) => use.node.input[0] === x && isCentred(use.node))) return true;
  const squares = graph.producer(x);
  const isSquare = squares?.opType === 'Pow' || (squares?.opType === 'Mul' && squares.input[0] === squares.input[1]);
  return isSquare && isCentred(graph.producer(squares!.input[0] ?? ''));
}

function reducedAxes(context: LinkContext): number[] {
  const rank = context.dims(context.input(0)).length;
  const given = context.input(1) ? context.constant(1) : intsAttribute(context.node, 'axes');
  if (!given || given.length === 0)
    return intAttribute(context.node, 'noop_with_empty_axes', 0) ? [] : axesFrom(context, context.input(0), 0);
  return given.map((axis) => positiveAxis(axis, rank));
}

/** Axes of a value from one on. */
function axesFrom(context: LinkContext, value: string, first: number): number[] {
  return [...context.dims(value).keys()].slice(first);
}

const arg: ChannelRule = {
  link(context) {
    const [x, y] = [context.input(0), context.output()];
    const reduced = positiveAxis(intAttribute(context.node, 'axis', 0), context.dims(x).length);
    const keepdims = intAttribute(context.node, 'keepdims', 1) === 1;
    context.pinAxes(x, [reduced], 'returns positions on this axis');
    context.dims(x).forEach((_, axis) => {
      if (axis !== reduced) context.link(x, axis, y, axis > reduced && !keepdims ? axis - 1 : axis);
    });
  },
};

/** Largest entries of an axis, and their positions on it: the others pass. */
const topK: ChannelRule = {
  link(context) {
    const x = context.input(0);
    const sorted = positiveAxis(intAttribute(context.node, 'axis', -1), context.dims(x).length);
    for (const y of [context.output(0), context.output(1)]) {
      if (y === '') continue;
      const follow = (axis: number) =>
        axis === sorted ? context.pinAxes(y, [axis], 'sorts this axis') : context.link(x, axis, y, axis);
      for (const axis of context.dims(x).keys()) follow(axis);
    }
    context.pinAxes(x, [sorted], 'sorts this axis');
  },
};

/** Running sums along one axis. */
const cumSum: ChannelRule = {
  link(context) {
    const x = context.input(0);
    const rank = context.dims(x).length;
    const axis = context.constant(1)?.[0];
    context.linkAll(x, context.output());
    const summed = axis === undefined ? context.dims(x).keys() : [positiveAxis(axis, rank)];
    context.pinAxes(x, summed, 'sums along this axis');
  },
};

/** Samples a plane at computed places: batch and channels pass. */
const gridSample: ChannelRule = {
  link(context) {
    const [x, grid, y] = [context.input(0), context.input(1), context.output()];
    for (const axis of [0, 1]) context.link(x, axis, y, axis);
    context.link(x, 0, grid, 0);
    for (const value of [x, y]) context.pinAxes(value, axesFrom(context, value, 2), 'samples this axis');
    context.pinAxes(grid, axesFrom(context, grid, 1), 'samples at these places');
  },
};

const POOLS = ['AveragePool', 'GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool', 'LpPool', 'MaxPool'];
const REDUCTIONS = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
];

export const pooling: Rules = {
  ...Object.fromEntries(POOLS.map((opType) => [opType, pool])),
  ...Object.fromEntries(REDUCTIONS.map((opType) => [opType, reduce])),
  ArgMax: arg,
  ArgMin: arg,
  TopK: topK,
  CumSum: cumSum,
  GridSample: gridSample,
};
