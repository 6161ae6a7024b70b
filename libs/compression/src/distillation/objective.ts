import {
  cosineDistance,
  relativeSquaredError,
  softTargetDivergence,
  softmaxCrossEntropy,
  type Expression,
  type GradientBuilder,
  type LossBuilder,
} from '#autodiff';
import type { FeatureOptions, OutputKind } from '#contracts';
import { DataType, ownName } from '#onnx';
import { attentionTransfer } from './attention-transfer.js';
import type { Feature } from './features.js';
import { powerTerms } from '../training/fidelity.js';
import type { Objective } from '../training/objective.js';
import type { OutputPair } from './outputs.js';

/** Input of the step, beside the model's own, that holds the labels. */
export const LABELS = ownName('distill:labels');

/** Input of the step that holds the teacher's value of this name. */
export const answerInput = (answer: string) => ownName(`distill:teacher:${answer}`);

/**
 * Input of the step that holds the mean square of that value over the whole batch, of which the step may see a part.
 */
export const powerInput = (answer: string) => ownName(`distill:power:${answer}`);

export interface ObjectiveOptions {
  temperature: number;
  /** Weight of the soft loss, between 0 and 1. */
  alpha: number;
  labelSmoothing: number;
}

/** The distance of an output to the teacher's answer, by kind. */
const DISTANCES: Record<OutputKind, (l: LossBuilder, pair: OutputPair, options: ObjectiveOptions) => Expression> = {
  classification: (l, { logits, answer, dims, isProbability }, { temperature }) => {
    const theirs = isProbability ? logarithm(l.g, answerInput(answer)) : answerInput(answer);
    return softTargetDivergence(l, l.value(logits), l.given(theirs, dims), temperature);
  },
  mse: (l, { output, answer }) => relativeDistance(l, output, answer),
  cosine: (l, { output, answer }) => cosineDistance(l.value(output), l.given(answerInput(answer))),
};

/** Keeps the logarithm of a probability finite. */
const LEAST_PROBABILITY = 1e-7;

/** Logits of which these are the softmax. */
function logarithm(g: GradientBuilder, probabilities: string): string {
  return g.op('Log', [g.op('Max', [probabilities, g.scalar(LEAST_PROBABILITY)])]);
}

function relativeDistance(l: LossBuilder, value: string, answer: string): Expression {
  return relativeSquaredError(l.value(value), l.given(answerInput(answer)), l.given(powerInput(answer)));
}

/** The distance of a hidden value to the teacher's, by kind. */
const FEATURE_DISTANCES: Record<FeatureOptions['kind'], (l: LossBuilder, feature: Feature) => Expression> = {
  fitnet: (l, { value, answer }) => relativeDistance(l, value, answer),
  attention: (l, { value, answer }) => attentionTransfer(l.value(value), l.given(answerInput(answer))),
};

/** The answers, outputs' and hidden ones, that are compared relative to their power. */
export function poweredAnswers(pairs: readonly OutputPair[], features: readonly Feature[]): string[] {
  const squared = [...pairs.filter(({ kind }) => kind === 'mse'), ...features.filter(({ kind }) => kind === 'fitnet')];
  return [...new Set(squared.map(({ answer }) => answer))];
}

/** The output that labels are for: the only classification, where there are labels. */
export function labelled(pairs: readonly OutputPair[], hasLabels: boolean): OutputPair | undefined {
  const classifications = pairs.filter(({ kind }) => kind === 'classification');
  return hasLabels && classifications.length === 1 ? classifications[0] : undefined;
}

/**
 * The sum over the outputs of their distances to the teacher's answers: T² · KL(teacher ‖ student at T) for classes [N,
 * K], the squared error relative to the answer's power, or one minus the cosine. Where labels are for an output its
 * distance is alpha · soft + (1 - alpha) · cross-entropy. The weighted distances of hidden values come on top, their
 * sum being the term `featureLoss`. Beside the losses the terms hold the powers that {@link Fidelity} reads.
 */
export function distillObjective(
  pairs: readonly OutputPair[],
  hasLabels: boolean,
  options: ObjectiveOptions,
  features: readonly Feature[] = [],
): Pick<Objective, 'extraInputs' | 'write'> {
  const hard = labelled(pairs, hasLabels);
  const ofFeatures = features.map(({ answer, answerDims }) => [answer, answerDims] as const);
  const answers = new Map([...ofFeatures, ...pairs.map(({ answer, dims }) => [answer, dims] as const)]);
  const labels = hard ? [{ name: LABELS, dims: [hard.dims[0]!], type: DataType.INT64 }] : [];
  return {
    extraInputs: [
      ...poweredAnswers(pairs, features).map((answer) => ({
        name: powerInput(answer),
        dims: [],
        type: DataType.FLOAT,
      })),
      ...[...answers].map(([answer, dims]) => ({ name: answerInput(answer), dims, type: DataType.FLOAT })),
      ...labels,
    ],
    write(l) {
      const named = pairs.length + features.length > 1;
      const parts = pairs.map((pair) =>
        pair === hard ? withLabels(l, pair, options) : alone(l, pair, options, named),
      );
      const hidden = features.map((feature) => FEATURE_DISTANCES[feature.kind](l, feature).times(feature.weight));
      const total = sum([...parts.map((part) => part.total), ...hidden]);
      return {
        total,
        terms: {
          loss: total,
          ...(hidden.length > 0 ? { featureLoss: sum(hidden) } : {}),
          ...Object.assign({}, ...parts.map(({ terms }) => terms), ...pairs.map((pair) => powersOf(l, pair))),
        },
      };
    },
  };
}

/** The distance of an output to its answer, and what the report shows of it. */
interface Part {
  total: Expression;
  terms: Record<string, Expression>;
}

function withLabels(l: LossBuilder, pair: OutputPair, options: ObjectiveOptions): Part {
  const soft = DISTANCES.classification(l, pair, options);
  const hard = softmaxCrossEntropy(l, l.value(pair.logits), l.given(LABELS), options.labelSmoothing);
  const total = soft.times(options.alpha).plus(hard.times(1 - options.alpha));
  return { total, terms: { softLoss: soft, hardLoss: hard } };
}

function alone(l: LossBuilder, pair: OutputPair, options: ObjectiveOptions, named: boolean): Part {
  const total = DISTANCES[pair.kind](l, pair, options);
  return { total, terms: named ? { [`loss:${pair.output}`]: total } : {} };
}

function powersOf(l: LossBuilder, { output, answer }: OutputPair): Record<string, Expression> {
  return powerTerms(output, l.given(output), l.given(answerInput(answer)));
}

function sum(values: readonly Expression[]): Expression {
  return values.reduce((total, value) => total.plus(value));
}
