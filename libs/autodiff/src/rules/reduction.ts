import { intAttribute, intsAttribute } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientRule, RuleContext } from '../rule.js';

export type ReductionOp =
  | 'ReduceSum'
  | 'ReduceMean'
  | 'ReduceMax'
  | 'ReduceMin'
  | 'ReduceL1'
  | 'ReduceL2'
  | 'ReduceSumSquare'
  | 'ReduceLogSumExp'
  | 'ReduceLogSum'
  | 'ReduceProd'
  | 'Softmax'
  | 'LogSoftmax';

/** Operators that reduce or normalize along axes. */
export const REDUCTION_RULES: Record<ReductionOp, GradientRule> = {
  ReduceSum: reduction(({ g, x: [x] }, dY) => g.expand(dY, g.dims(x))),
  ReduceMean: reduction(({ g, x: [x], y: [y] }, dY) =>
    g.expand(g.scale(dY, size(g.dims(y)) / size(g.dims(x))), g.dims(x)),
  ),
  ReduceMax: reduction(sharedByTies),
  ReduceMin: reduction(sharedByTies),
  ReduceL1: reduction(({ g, x: [x] }, dY) => g.mul(dY, g.op('Sign', [x]))),
  // Zero at the origin, where the norm has no slope.
  ReduceL2: reduction(({ g, x: [x] }, dY, y) => g.mul(x, g.div(dY, g.op('Max', [y, g.scalar(LEAST_NORM)])))),
  ReduceSumSquare: reduction(({ g, x: [x] }, dY) => g.mul(x, g.scale(dY, 2))),
  ReduceLogSumExp: reduction(({ g, x: [x] }, dY, y) => g.mul(dY, g.op('Exp', [g.sub(x, y)]))),
  // dX = dY / Σ x
  ReduceLogSum: reduction(({ g, x: [x] }, dY, y) => g.expand(g.div(dY, g.op('Exp', [y])), g.dims(x))),
  ReduceProd: reduction(productOfOthers),
  // dX = y · (dY - Σ dY · y)
  Softmax: ({ node, g, y: [y], dY }) => [
    () => g.mul(y, g.sub(dY, g.sum(g.mul(dY, y), [intAttribute(node, 'axis', -1)], true))),
  ],
  // dX = dY - exp(y) · Σ dY
  LogSoftmax: ({ node, g, y: [y], dY }) => [
    () => g.sub(dY, g.mul(g.op('Exp', [y]), g.sum(dY, [intAttribute(node, 'axis', -1)], true))),
  ],
};

/** Below the least norm of numbers whose squares are not zero in float32. */
const LEAST_NORM = 1e-23;

/** A rule that sees dY and y with the reduced axes kept, whatever the node's keepdims. */
function reduction(write: (context: RuleContext, dY: string, y: string) => string): GradientRule {
  return (context) => [
    () => {
      const {
        node,
        g,
        x: [x],
        y: [y],
        dY,
      } = context;
      const axes = reducedAxes(context);
      if (axes.length === 0) return dY;
      const kept = g.dims(x).map((dim, axis) => (axes.includes(axis) ? 1 : dim));
      const keep = (value: string) => (intAttribute(node, 'keepdims', 1) ? value : g.reshape(value, kept));
      return write(context, keep(dY), keep(y));
    },
  ];
}

function reducedAxes({ node, g, x: [x, axesName] }: RuleContext): number[] {
  const rank = g.dims(x).length;
  const axes = g.numbers(axesName) ?? (axesName === '' ? intsAttribute(node, 'axes') : null);
  if (!axes)
    throw new UnsupportedGradientError(
      nameOf(node),
      'its axes are computed while the graph runs; they must be constant',
    );
  if (axes.length === 0) return intAttribute(node, 'noop_with_empty_axes', 0) ? [] : [...Array(rank).keys()];
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** Elements that tie for the extremum share its gradient. */
function sharedByTies(context: RuleContext, dY: string, y: string): string {
  const {
    g,
    x: [x],
  } = context;
  const hits = g.mask(g.op('Equal', [x, y]));
  return g.mul(g.div(hits, g.sum(hits, reducedAxes(context), true)), dY);
}

/** dX = dY · the product of the other elements, which is known for a zero too: with two of them it is zero for all. */
function productOfOthers(context: RuleContext, dY: string): string {
  const {
    g,
    x: [x],
  } = context;
  const axes = reducedAxes(context);
  const isZero = g.op('Equal', [x, g.scalar(0)]);
  const zeros = g.mask(isZero);
  const filled = g.op('Where', [isZero, g.scalar(1), x]);
  const whole = g.op('ReduceProd', [filled, g.ints(axes)], { keepdims: 1 });
  const others = g.div(whole, filled);
  const zerosElsewhere = g.sub(g.sum(zeros, axes, true), zeros);
  const hasZero = g.op('Greater', [zerosElsewhere, g.scalar(0.5)]);
  return g.mul(dY, g.where(hasZero, g.scalar(0), others));
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
