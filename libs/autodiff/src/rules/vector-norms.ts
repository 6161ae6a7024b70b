import { floatAttribute, intAttribute, intsAttribute, dimOf } from '#onnx';
import { UnsupportedGradientError, nameOf } from '../errors.js';
import type { GradientBuilder } from '../gradient-builder.js';
import type { GradientRule, RuleContext } from '../rule.js';
import { positive } from './normalization.js';
import { once } from './once.js';
import { product } from './window.js';

export type VectorNormOp =
  | 'LpNormalization'
  | 'RMSNormalization'
  | 'MeanVarianceNormalization'
  | 'LRN'
  | 'GlobalLpPool';

/** Operators that divide by a norm of what lies along some axes, or give that norm. */
export const VECTOR_NORM_RULES: Record<VectorNormOp, GradientRule> = {
  // y = x / n: dX = (dY - y · Σ dY · y) / n for the root of squares, (dY - sign x · Σ dY · y) / n for the sum of sizes
  LpNormalization: ({ node, g, x: [x], y: [y], dY }) => [
    () => {
      const [axes, isSquared] = [[intAttribute(node, 'axis', -1)], intAttribute(node, 'p', 2) === 2];
      const norm = g.op(isSquared ? 'ReduceL2' : 'ReduceL1', [x, g.ints(axes)], { keepdims: 1 });
      const along = g.sum(g.mul(dY, y), axes, true);
      const d = g.sub(dY, g.mul(isSquared ? y : g.op('Sign', [x]), along));
      // A vector of zeros stays one, whatever becomes of it.
      return g.where(g.op('Greater', [norm, g.scalar(0)]), g.div(d, norm), g.scalar(0));
    },
  ],
  // y = x · r · scale, r = 1 / √(mean x² + ε): dX = r · (d - x · r² · mean(d · x)), d = dY · scale
  RMSNormalization: ({ node, g, x: [x, scale], dY }) => {
    const dims = g.dims(x);
    const axis = positive(intAttribute(node, 'axis', -1), dims.length);
    const axes = [...dims.keys()].slice(axis);
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const inverse = once(() => {
      const power = g.add(g.mean(g.square(x), axes, true), g.scalar(epsilon));
      return g.op('Reciprocal', [g.op('Sqrt', [power])]);
    });
    return [
      () => {
        const d = g.mul(dY, scale);
        const pull = g.mul(g.square(inverse()), g.mean(g.mul(d, x), axes, true));
        return g.mul(inverse(), g.sub(d, g.mul(x, pull)));
      },
      () => g.sumTo(g.mul(dY, g.mul(x, inverse())), dims, g.dims(scale)),
    ];
  },
  // dX = (dY - mean dY - y · mean(dY · y)) / σ
  MeanVarianceNormalization: ({ node, g, x: [x], y: [y], dY }) => [
    () => {
      const rank = g.dims(x).length;
      const axes = intsAttribute(node, 'axes', [0, 2, 3]).map((axis) => positive(axis, rank));
      const variance = g.mean(g.square(g.sub(x, g.mean(x, axes, true))), axes, true);
      const deviation = g.add(g.op('Sqrt', [variance]), g.scalar(1e-9));
      const fromMean = g.sub(dY, g.mean(dY, axes, true));
      return g.div(g.sub(fromMean, g.mul(y, g.mean(g.mul(dY, y), axes, true))), deviation);
    },
  ],
  // y = x · s^-β, s = bias + α · mean x² over channels around: dX = dY · s^-β - 2 α β x · mean(dY · y / s) over the
  // same channels
  LRN: ({ node, g, x: [x], y: [y], dY }) => [
    () => {
      const [alpha, beta] = [floatAttribute(node, 'alpha', 1e-4), floatAttribute(node, 'beta', 0.75)];
      // The runtime has no kernel for an even size, so that each channel is heard by those that it hears.
      const size = intAttribute(node, 'size', 1);
      const heard = g.scale(channelMean(g, x, g.square(x), size), alpha);
      const s = g.add(heard, g.scalar(floatAttribute(node, 'bias', 1)));
      const direct = g.mul(dY, g.op('Pow', [s, g.scalar(-beta)]));
      const around = channelMean(g, x, g.div(g.mul(dY, y), s), size);
      return g.sub(direct, g.mul(g.scale(x, 2 * alpha * beta), around));
    },
  ],
  // y = (Σ |x|^p)^(1/p): dX = dY · sign x · (|x| / y)^(p-1)
  GlobalLpPool: (context) => [() => globalLpPoolGradient(context)],
};

function globalLpPoolGradient({ node, g, x: [x], y: [y], dY }: RuleContext): string {
  const p = intAttribute(node, 'p', 2);
  if (p < 1) throw new UnsupportedGradientError(nameOf(node), `a norm of the order ${p} has no gradient`);
  const sign = g.mul(dY, g.op('Sign', [x]));
  if (p === 1) return sign;
  const share = g.div(g.op('Abs', [x]), g.op('Max', [y, g.scalar(LEAST_NORM)]));
  return g.mul(sign, p === 2 ? share : g.op('Pow', [share, g.scalar(p - 1)]));
}

/** Below the least norm of numbers whose squares are not zero in float32. */
const LEAST_NORM = 1e-23;

/** At each channel of a value shaped as `x`, the mean over `size` channels around it; those beyond the edge are 0. */
function channelMean(g: GradientBuilder, x: string, value: string, size: number): string {
  const beside = (size - 1) / 2;
  const dims = g.dims(x);
  const flat = g.reshape(value, [dimOf(dims, 0), 1, dimOf(dims, 1), product(dims.slice(2))]);
  const mean = g.op('AveragePool', [flat], {
    kernel_shape: [size, 1],
    pads: [beside, 0, beside, 0],
    count_include_pad: 1,
  });
  return g.reshape(mean, dims);
}
