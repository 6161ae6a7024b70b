import { softCrossEntropy, type Expression, type LossBuilder, type WrittenLoss } from '#autodiff';
import type { OutputKind } from '#contracts';
import type { BatchNorm } from './batch-norms.js';
import { DISCREPANCIES } from './discrepancy.js';
import { normStatistics } from './norm-statistics.js';

/** Weights of the losses for a classifier (Chen et al. 2019, "Data-Free Learning of Student Networks"). */
const ACTIVATION_WEIGHT = 0.1;
const BALANCE_WEIGHT = 5;

/** Variance of an answer over the batch below which more spread is not rewarded more steeply. */
const LEAST_VARIANCE = 1e-3;

/** Keeps the logarithm of a class that no sample is given finite. */
const LEAST_SHARE = 1e-8;

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

/** Values of the graph that are compared. */
export interface Comparison {
  kind: OutputKind;
  teacher: string;
  student: string;
  /** Whether the teacher's are probabilities that no Softmax of its graph gives. */
  isProbability: boolean;
}

/** One loss: what is minimized, and what the report shows of it. */
interface Part {
  name: string;
  loss: Expression;
  shown: Expression;
}

/**
 * Samples are worth learning from when the teacher is sure of each (cross-entropy with its own choice), when its
 * features respond (their mean magnitude), when the batch holds all classes alike (entropy of the mean answer), when
 * answers that are no classes differ from sample to sample, when the teacher's norms see the statistics that they saw
 * in training, and when the student answers otherwise.
 */
export function generatorObjective(l: LossBuilder, read: ReadValues): WrittenLoss {
  const { logits, regressions, features, norms, statistics, compared, adversarial } = read;
  const plain = (name: string, loss: Expression): Part => ({ name, loss, shown: loss });
  const parts = [
    ...(logits === null ? [] : [plain('certaintyLoss', certainty(l, logits)), balancePart(l, logits)]),
    ...(logits === null || features === null ? [] : [plain('responseLoss', response(l, features))]),
    ...regressions.map((output) => plain('spreadLoss', spread(l, output))),
    ...(statistics > 0 ? norms : []).map((norm) =>
      plain('statisticsLoss', normStatistics(l, norm).times(statistics / norms.length)),
    ),
    ...compared.map((comparison) =>
      plain('agreementLoss', disagreement(l, comparison).times(-adversarial / compared.length)),
    ),
  ];
  const names = [...new Set(parts.map(({ name }) => name))];
  const shown = (name: string) => {
    const named = parts.filter((part) => part.name === name);
    return sum(named.map((part) => part.shown));
  };
  const total = sum(parts.map(({ loss }) => loss));
  return { total, terms: Object.fromEntries(names.map((name) => [name, shown(name)])) };
}

function sum(values: readonly Expression[]): Expression {
  return values.reduce((total, value) => total.plus(value));
}

/** How far apart teacher and student are in their answers to the same samples. */
function disagreement(l: LossBuilder, { kind, teacher, student, isProbability }: Comparison): Expression {
  return DISCREPANCIES[kind]({ teacher: l.value(teacher), student: l.value(student), isProbability });
}

/** Mean magnitude of the features, which is sought. */
function response(l: LossBuilder, features: string): Expression {
  return l.value(features).abs().mean().times(-ACTIVATION_WEIGHT);
}

/** Mean cross-entropy with the most likely class. */
function certainty(l: LossBuilder, logits: string): Expression {
  const { g } = l;
  const greatest = g.op('ReduceMax', [logits, g.ints([1])], { keepdims: 1 });
  const chosen = g.mask(g.op('Equal', [logits, greatest]));
  const z = l.value(logits);
  return softCrossEntropy(l, z, l.given(chosen, z.dims));
}

/** Σ p̄ log p̄ of the batch's mean answer p̄; shown as its distance from that of classes which are all alike. */
function balancePart(l: LossBuilder, logits: string): Part {
  const mean = l.value(logits).softmax().mean([0], true);
  const entropy = mean.times(mean.plus(LEAST_SHARE).log()).sum();
  const shown = entropy.plus(Math.log(mean.count));
  return { name: 'balanceLoss', loss: entropy.times(BALANCE_WEIGHT), shown };
}

/** -½ mean log(v + ε) of each number's variance v over the batch. */
export function spread(l: LossBuilder, output: string): Expression {
  const answers = l.value(output);
  const variance = answers
    .minus(answers.mean([0], true))
    .square()
    .mean([0]);
  return variance.plus(LEAST_VARIANCE).log().mean().times(-0.5);
}
