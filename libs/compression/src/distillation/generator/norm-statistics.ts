import type { GradientBuilder, LossTerm } from '#autodiff';
import type { BatchNorm } from './batch-norms.js';

/**
 * How far the statistics of a batch lie from those that a norm remembers (DeepInversion, Yin et al. 2020), in units of the remembered
 * deviation so that layers weigh alike: the mean over channels of (μ_b - μ)²/σ² + (σ_b/σ - 1)², with M numbers a channel
 *
 *     dx = 2/(C M) · ((μ_b - μ)/σ² + (1/σ - 1/σ_b)(x - μ_b)/σ)
 */
export function normStatistics(g: GradientBuilder, { input, means, variances }: BatchNorm): LossTerm {
  const dims = g.dims(input);
  const channels = means.length;
  const perChannel = dims.reduce((product, dim) => product * dim, 1) / channels;
  const axes = [...dims.keys()].filter((axis) => axis !== 1);
  const shape = dims.map((_, axis) => (axis === 1 ? channels : 1));
  const inverse = g.tensor(
    variances.map((variance) => 1 / Math.sqrt(variance)),
    shape,
  );
  const batchMean = g.mean(input, axes, true);
  const centered = g.sub(input, batchMean);
  const deviation = g.op('Sqrt', [g.add(g.mean(g.square(centered), axes, true), g.scalar(1e-10))]);
  const shift = g.mul(g.sub(batchMean, g.tensor(means, shape)), inverse);
  const stretch = g.sub(g.mul(deviation, inverse), g.scalar(1));
  const value = g.scale(g.sum(g.add(g.square(shift), g.square(stretch)), [...dims.keys()]), 1 / channels);
  const byValue = g.add(g.mul(shift, inverse), g.mul(g.div(stretch, deviation), g.mul(centered, inverse)));
  return { value, gradient: g.scale(byValue, 2 / (channels * perChannel)) };
}
