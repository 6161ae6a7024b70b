import type { GradientBuilder } from './gradient-builder.js';

/** A loss written into a graph: its value as a scalar and its gradient by the prediction. */
export interface LossTerm {
  value: string;
  gradient: string;
}

/** Mean cross-entropy of logits [N, K] against int64 labels [N], with `smoothing` of the target spread over all classes: dZ = (softmax Z - target) / N. */
export function softmaxCrossEntropy(
  g: GradientBuilder,
  logits: string,
  labels: string,
  [samples, classes]: readonly [number, number],
  smoothing = 0,
): LossTerm {
  const hot = g.mask(g.op('Equal', [g.reshape(labels, [samples, 1]), g.ints([...Array(classes).keys()])]));
  const target = smoothing === 0 ? hot : g.add(g.scale(hot, 1 - smoothing), g.scalar(smoothing / classes));
  return softCrossEntropy(g, logits, target, samples);
}

/** Mean cross-entropy of logits [N, K] against distributions [N, K], such as blended labels: dZ = (softmax Z - target) / N. */
export function softCrossEntropy(g: GradientBuilder, logits: string, target: string, samples: number): LossTerm {
  const logProbabilities = g.op('LogSoftmax', [logits], { axis: -1 });
  const value = g.scale(g.sum(weighted(g, target, logProbabilities), [0, 1]), -1 / samples);
  const gradient = g.scale(g.sub(g.op('Softmax', [logits], { axis: -1 }), target), 1 / samples);
  return { value, gradient };
}

/** target · value, where 0 · ∞ is 0: a class that is ruled out by a logit of -∞ adds nothing. */
function weighted(g: GradientBuilder, target: string, value: string): string {
  return g.op('Where', [g.op('Equal', [target, g.scalar(0)]), g.scalar(0), g.mul(target, value)]);
}

/**
 * T² · mean KL(softmax(teacher / T) ‖ softmax(student / T)) of logits [N, K]; the factor keeps the gradient's size as T grows
 * (Hinton et al. 2015): dZ = T · (softmax(Z / T) - target) / N.
 */
export function softTargetDivergence(
  g: GradientBuilder,
  logits: string,
  teacher: string,
  temperature: number,
  samples: number,
): LossTerm {
  const soften = (value: string) => g.scale(value, 1 / temperature);
  const target = g.op('Softmax', [soften(teacher)], { axis: -1 });
  const logTarget = g.op('LogSoftmax', [soften(teacher)], { axis: -1 });
  const student = soften(logits);
  const difference = g.sub(logTarget, g.op('LogSoftmax', [student], { axis: -1 }));
  const value = g.scale(g.sum(weighted(g, target, difference), [0, 1]), temperature ** 2 / samples);
  const gradient = g.scale(g.sub(g.op('Softmax', [student], { axis: -1 }), target), temperature / samples);
  return { value, gradient };
}

/** Mean squared error over all elements: dZ = 2 (Z - target) / count. */
export function meanSquaredError(
  g: GradientBuilder,
  prediction: string,
  target: string,
  dims: readonly number[],
): LossTerm {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const difference = g.sub(prediction, target);
  return {
    value: g.scale(g.sum(g.square(difference), [...dims.keys()]), 1 / count),
    gradient: g.scale(difference, 2 / count),
  };
}

/** Keeps a division finite where the target is zero throughout. */
const POWER_FLOOR = 1e-12;

/**
 * Squared error relative to the target's power, Σ (Z - t)² / Σ t²: the same for every scale of the target, and the inverse of its
 * signal-to-noise ratio. dZ = 2 (Z - t) / Σ t². Where the values are a part of a batch `meanSquare` is that of the whole batch's target: the
 * mean over equal parts is then the loss of the whole.
 */
export function relativeSquaredError(
  g: GradientBuilder,
  prediction: string,
  target: string,
  dims: readonly number[],
  meanSquare?: string,
): LossTerm {
  const axes = [...dims.keys()];
  const count = dims.reduce((product, dim) => product * dim, 1);
  const power = g.add(
    meanSquare === undefined ? g.sum(g.square(target), axes) : g.scale(meanSquare, count),
    g.scalar(POWER_FLOOR),
  );
  const difference = g.sub(prediction, target);
  return { value: g.div(g.sum(g.square(difference), axes), power), gradient: g.div(g.scale(difference, 2), power) };
}

/** Mean over the samples of 1 - cos(Z, t), each sample one vector: dZ = (cos · Z / |Z|² - t / (|Z| |t|)) / N. */
export function cosineDistance(
  g: GradientBuilder,
  prediction: string,
  target: string,
  dims: readonly number[],
): LossTerm {
  const [samples, ...rest] = dims as [number, ...number[]];
  const axes = rest.map((_, i) => i + 1);
  const along = (a: string, b: string) => g.sum(g.mul(a, b), axes, true);
  const norm = (value: string) => g.op('Sqrt', [g.add(along(value, value), g.scalar(POWER_FLOOR))]);
  const [zNorm, tNorm] = [norm(prediction), norm(target)];
  const cosine = g.div(along(prediction, target), g.mul(zNorm, tNorm));
  const value = g.sub(g.scalar(1), g.scale(g.sum(cosine, [...dims.keys()]), 1 / samples));
  const pull = g.sub(g.div(g.mul(cosine, prediction), g.square(zNorm)), g.div(target, g.mul(zNorm, tNorm)));
  return { value, gradient: g.scale(pull, 1 / samples) };
}

/** Σ weight · term; the terms keep their own values for the report. */
export function weightedSum(g: GradientBuilder, terms: readonly { term: LossTerm; weight: number }[]): LossTerm {
  const total = (pick: (term: LossTerm) => string) =>
    g.op(
      'Sum',
      terms.map(({ term, weight }) => g.scale(pick(term), weight)),
    );
  return { value: total((term) => term.value), gradient: total((term) => term.gradient) };
}
