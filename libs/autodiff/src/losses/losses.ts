import type { Expression } from './expression.js';

/** Mean squared error over all elements. */
export function meanSquaredError(prediction: Expression, target: Expression): Expression {
  return prediction.minus(target).square().mean();
}

/** Keeps a division finite where the target is zero throughout. */
const POWER_FLOOR = 1e-12;

/**
 * Squared error relative to the target's power, Σ (Z - t)² / Σ t²: the same for every scale of the target, and the
 * inverse of its signal-to-noise ratio. Where the values are a part of a batch `meanSquare` is that of the whole
 * batch's target: the mean over equal parts is then the loss of the whole.
 */
export function relativeSquaredError(prediction: Expression, target: Expression, meanSquare?: Expression): Expression {
  const power = meanSquare?.times(target.count) ?? target.square().sum();
  return prediction.minus(target).square().sum().over(power.plus(POWER_FLOOR));
}

/** Mean over the samples of 1 - cos(Z, t), each sample one vector. */
export function cosineDistance(prediction: Expression, target: Expression): Expression {
  const axes = [...prediction.dims.keys()].slice(1);
  const along = (a: Expression, b: Expression) => a.times(b).sum(axes, true);
  const norm = (value: Expression) => value.square().sum(axes, true).plus(POWER_FLOOR).root();
  const cosine = along(prediction, target).over(norm(prediction).times(norm(target)));
  return cosine.mean().times(-1).plus(1);
}
