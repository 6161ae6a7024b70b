import type { GradientBuilder, LossTerm } from '#autodiff';
import type { OutputKind } from '#contracts';
import type { BatchNorm } from './batch-norms.js';
import { DISCREPANCIES, type Answers } from './discrepancy.js';
import { normStatistics } from './norm-statistics.js';
import type { WrittenLoss } from '../../training/objective.js';
import { summed } from '../objective.js';

/** Weights of the losses for a classifier (Chen et al. 2019, "Data-Free Learning of Student Networks"). */
const ACTIVATION_WEIGHT = 0.1;
const BALANCE_WEIGHT = 5;

/** Variance of an answer over the batch below which more spread is not rewarded more steeply. */
const LEAST_VARIANCE = 1e-3;

/** What the generator reads of the teacher and, where it is there, of the student. */
export interface ReadValues {
  /** Logits [N, K], null for a regression. */
  logits: string | null;
  /** Outputs that are not logits. */
  regressions: readonly string[];
  /** What the last layer of a classifier reads, where there is such a layer. */
  features: string | null;
  norms: readonly BatchNorm[];
  /** Weight of the norms' statistics. */
  statistics: number;
  /** Answers of teacher and student to compare, output by output. */
  compared: readonly Comparison[];
  /** Weight of their mean discrepancy, which is sought. */
  adversarial: number;
}

export interface Comparison extends Answers {
  kind: OutputKind;
}

/**
 * Samples are worth learning from when the teacher is sure of each (cross-entropy with its own choice), when its features respond
 * (their mean magnitude), when the batch holds all classes alike (entropy of the mean answer), when answers that are no classes differ
 * from sample to sample, when the teacher's norms see the statistics that they saw in training, and when the student answers otherwise.
 */
export function generatorObjective(
  g: GradientBuilder,
  { logits, regressions, features, norms, statistics, compared, adversarial }: ReadValues,
): WrittenLoss {
  const parts: Part[] = [];
  if (logits !== null) {
    parts.push(...classes(g, logits));
    if (features !== null) parts.push(response(g, features));
  }
  parts.push(...regressions.map((output): Part => ({ name: 'spreadLoss', value: output, term: spread(g, output) })));
  if (statistics > 0) {
    parts.push(
      ...norms.map((norm): Part => ({
        name: 'statisticsLoss',
        value: norm.input,
        term: scaled(g, normStatistics(g, norm), statistics / norms.length),
      })),
    );
  }
  const sought = compared.map((comparison) => disagreement(g, comparison, adversarial / compared.length));
  return {
    terms: {
      ...termsOf(g, parts),
      ...(sought.length > 0 && {
        agreementLoss: g.op(
          'Sum',
          sought.map(({ loss }) => loss),
        ),
      }),
    },
    seeds: summed(g, [
      ...parts.map(({ value, term }) => [value, term.gradient] as const),
      ...sought.flatMap(({ gradients }) => gradients),
    ]),
  };
}

/** A loss, the value it reads, and the term it is reported in. */
interface Part {
  name: string;
  value: string;
  term: LossTerm;
}

function termsOf(g: GradientBuilder, parts: readonly Part[]): Record<string, string> {
  const names = [...new Set(parts.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      g.op(
        'Sum',
        parts.filter((part) => part.name === name).map(({ term }) => term.value),
      ),
    ]),
  );
}

function scaled(g: GradientBuilder, { value, gradient }: LossTerm, weight: number): LossTerm {
  return { value: g.scale(value, weight), gradient: g.scale(gradient, weight) };
}

/** Minus the discrepancy, and its gradients by the teacher's answer and by the student's. */
function disagreement(
  g: GradientBuilder,
  { kind, ...answers }: Comparison,
  weight: number,
): { loss: string; gradients: (readonly [value: string, gradient: string])[] } {
  const { value, byTeacher, byStudent } = DISCREPANCIES[kind](g, answers);
  return {
    loss: g.scale(value, -weight),
    gradients: [
      [answers.teacher, g.scale(byTeacher, -weight)],
      [answers.student, g.scale(byStudent, -weight)],
    ],
  };
}

function classes(g: GradientBuilder, logits: string): Part[] {
  const [samples, count] = g.dims(logits) as [number, number];
  const probabilities = g.op('Softmax', [logits], { axis: -1 });
  const balanced = balance(g, probabilities, samples);
  return [
    { name: 'certaintyLoss', value: logits, term: certainty(g, logits, probabilities, samples) },
    {
      name: 'balanceLoss',
      value: logits,
      term: {
        value: g.add(balanced.value, g.scalar(Math.log(count))),
        gradient: g.scale(balanced.gradient, BALANCE_WEIGHT),
      },
    },
  ];
}

function response(g: GradientBuilder, features: string): Part {
  const dims = g.dims(features);
  const share = -ACTIVATION_WEIGHT / dims.reduce((product, dim) => product * dim, 1);
  return {
    name: 'responseLoss',
    value: features,
    term: {
      value: g.scale(g.sum(g.op('Abs', [features]), [...dims.keys()]), share),
      gradient: g.scale(g.op('Sign', [features]), share),
    },
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

/** -½ mean log(v + ε) of each number's variance v over the batch: dZ = -(Z - z̄) / (N F (v + ε)), for F numbers a sample. */
export function spread(g: GradientBuilder, output: string): LossTerm {
  const dims = g.dims(output);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const centered = g.sub(output, g.mean(output, [0], true));
  const variance = g.add(g.mean(g.square(centered), [0], true), g.scalar(LEAST_VARIANCE));
  const value = g.scale(g.sum(g.op('Log', [variance]), [...dims.keys()]), (-0.5 * dims[0]!) / count);
  return { value, gradient: g.scale(g.div(centered, variance), -1 / count) };
}
