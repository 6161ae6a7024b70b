import type { Expression, LossBuilder } from '#autodiff';
import type { BatchNorm } from './batch-norms.js';

/** Keeps the slope of a deviation of zero finite. */
const FLOOR = 1e-10;

/**
 * How far the statistics of a batch lie from those that a norm remembers (DeepInversion, Yin et al. 2020), in units of
 * the remembered deviation so that layers weigh alike: the mean over channels of (μ_b - μ)²/σ² + (σ_b/σ - 1)².
 */
export function normStatistics(l: LossBuilder, { input, means, variances }: BatchNorm): Expression {
  const x = l.value(input);
  const axes = [...x.dims.keys()].filter((axis) => axis !== 1);
  const shape = x.dims.map((_, axis) => (axis === 1 ? means.length : 1));
  const inverses = variances.map((variance) => 1 / Math.sqrt(variance));
  const [mean, inverse] = [l.constant(means, shape), l.constant(inverses, shape)];
  const batchMean = x.mean(axes, true);
  const deviation = x.minus(batchMean).square().mean(axes, true).plus(FLOOR).root();
  const shift = batchMean.minus(mean).times(inverse);
  const stretch = deviation.times(inverse).minus(1);
  return shift.square().plus(stretch.square()).mean();
}
