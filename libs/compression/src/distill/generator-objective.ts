import type { GradientBuilder, LossTerm } from '#autodiff';

/** Weights of the generator's three losses (Chen et al. 2019, "Data-Free Learning of Student Networks"). */
const ACTIVATION_WEIGHT = 0.1;
const BALANCE_WEIGHT = 5;

/** What the generator reads of the teacher. */
export interface TeacherValues {
  /** Logits [N, K]. */
  logits: string;
  /** What the last layer reads. */
  features: string;
}

/**
 * Samples are worth learning from when the teacher is sure of each (cross-entropy with its own choice), when its features respond
 * (their mean magnitude), and when the batch holds all classes alike (entropy of the mean answer).
 */
export function generatorObjective(g: GradientBuilder, { logits, features }: TeacherValues): { terms: Record<string, string>; seeds: ReadonlyMap<string, string> } {
  const [samples, classes] = g.dims(logits) as [number, number];
  const probabilities = g.op('Softmax', [logits], { axis: -1 });
  const sure = certainty(g, logits, probabilities, samples);
  const balanced = balance(g, probabilities, samples);
  const size = g.dims(features).reduce((product, dim) => product * dim, 1);
  const response = g.scale(g.sum(g.op('Abs', [features]), [...g.dims(features).keys()]), -ACTIVATION_WEIGHT / size);
  const byLogits = g.add(sure.gradient, g.scale(balanced.gradient, BALANCE_WEIGHT));
  const byFeatures = g.scale(g.op('Sign', [features]), -ACTIVATION_WEIGHT / size);
  return {
    terms: { certaintyLoss: sure.value, balanceLoss: g.add(balanced.value, g.scalar(Math.log(classes))), responseLoss: response },
    seeds: new Map([[logits, byLogits], [features, byFeatures]]),
  };
}

/** Mean cross-entropy with the most likely class: dZ = (p - onehot(argmax p)) / N. */
function certainty(g: GradientBuilder, logits: string, probabilities: string, samples: number): LossTerm {
  const greatest = g.op('ReduceMax', [probabilities, g.ints([1])], { keepdims: 1 });
  const chosen = g.mask(g.op('Equal', [probabilities, greatest]));
  const value = g.scale(g.sum(g.mul(chosen, g.op('LogSoftmax', [logits], { axis: -1 })), [0, 1]), -1 / samples);
  return { value, gradient: g.scale(g.sub(probabilities, chosen), 1 / samples) };
}

/** Σ p̄ log p̄ of the batch's mean answer p̄: by p it is (log p̄ + 1) / N, by the logits p · (that - Σ p · that). */
function balance(g: GradientBuilder, probabilities: string, samples: number): LossTerm {
  const mean = g.mean(probabilities, [0], true);
  const logMean = g.op('Log', [g.add(mean, g.scalar(1e-8))]);
  const value = g.sum(g.mul(mean, logMean), [0, 1]);
  const byProbability = g.scale(g.add(logMean, g.scalar(1)), 1 / samples);
  const along = g.sum(g.mul(probabilities, byProbability), [1], true);
  return { value, gradient: g.mul(probabilities, g.sub(byProbability, along)) };
}
