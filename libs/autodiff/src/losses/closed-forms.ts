/*
 * The two losses of logits have their gradients written out: derived from the expression by the engine they take as
 * long in a step of the five nets of `npm run bench -- losses` (within 5 %), but 1.3 times as long where the loss is
 * most of the step, 2,048 x 5,000 logits behind one layer. A squared error stays an expression: 1.2 times as long
 * there, and no more elsewhere.
 */
import type { GradientBuilder } from '../gradient-builder.js';
import type { Expression } from './expression.js';
import type { LossBuilder } from './loss-builder.js';

/**
 * Mean cross-entropy of logits [N, K] against int64 labels [N], with `smoothing` of the target spread over all classes:
 * dZ = (softmax Z - target) / N.
 */
export function softmaxCrossEntropy(l: LossBuilder, logits: Expression, labels: Expression, smoothing = 0): Expression {
  const { g } = l;
  const [samples, classes] = logits.dims as readonly [number, number];
  const column = g.reshape(labels.name, [samples, 1]);
  const hot = g.mask(g.op('Equal', [column, g.ints([...Array(classes).keys()])]));
  const target = smoothing === 0 ? hot : g.add(g.scale(hot, 1 - smoothing), g.scalar(smoothing / classes));
  return softCrossEntropy(l, logits, l.given(target, logits.dims));
}

/**
 * Mean cross-entropy of logits [N, K] against distributions [N, K], such as blended labels: dZ = (softmax Z - target) /
 * N.
 */
export function softCrossEntropy(l: LossBuilder, logits: Expression, target: Expression): Expression {
  const { g } = l;
  const samples = logits.dims[0]!;
  const logProbabilities = g.op('LogSoftmax', [logits.name], { axis: -1 });
  const likelihood = g.sum(weighted(g, target.name, logProbabilities), [0, 1]);
  const value = g.scale(likelihood, -1 / samples);
  const probabilities = g.op('Softmax', [logits.name], { axis: -1 });
  const gradient = g.scale(g.sub(probabilities, target.name), 1 / samples);
  return l.closed(logits, { value, gradient });
}

/** target · value, where 0 · ∞ is 0: a class that is ruled out by a logit of -∞ adds nothing. */
function weighted(g: GradientBuilder, target: string, value: string): string {
  const isZero = g.op('Equal', [target, g.scalar(0)]);
  return g.where(isZero, g.scalar(0), g.mul(target, value));
}

/**
 * T² · mean KL(softmax(teacher / T) ‖ softmax(student / T)) of logits [N, K]; the factor keeps the gradient's size as T
 * grows (Hinton et al. 2015): dZ = T · (softmax(Z / T) - target) / N.
 */
export function softTargetDivergence(
  l: LossBuilder,
  logits: Expression,
  teacher: Expression,
  temperature: number,
): Expression {
  const { g } = l;
  const samples = logits.dims[0]!;
  const soften = (value: string) => g.scale(value, 1 / temperature);
  const target = g.op('Softmax', [soften(teacher.name)], { axis: -1 });
  const logTarget = g.op('LogSoftmax', [soften(teacher.name)], { axis: -1 });
  const student = soften(logits.name);
  const difference = g.sub(logTarget, g.op('LogSoftmax', [student], { axis: -1 }));
  const divergence = g.sum(weighted(g, target, difference), [0, 1]);
  const value = g.scale(divergence, temperature ** 2 / samples);
  const probabilities = g.op('Softmax', [student], { axis: -1 });
  const gradient = g.scale(g.sub(probabilities, target), temperature / samples);
  return l.closed(logits, { value, gradient });
}
