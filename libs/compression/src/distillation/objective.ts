import {
  cosineDistance,
  relativeSquaredError,
  softTargetDivergence,
  softmaxCrossEntropy,
  weightedSum,
  type GradientBuilder,
  type LossTerm,
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

/** Input of the step that holds the mean square of that value over the whole batch, of which the step may see a part. */
export const powerInput = (answer: string) => ownName(`distill:power:${answer}`);

export interface ObjectiveOptions {
  temperature: number;
  /** Weight of the soft loss, between 0 and 1. */
  alpha: number;
  labelSmoothing: number;
}

/** The distance of an output to the teacher's answer, by kind. */
const DISTANCES: Record<OutputKind, (g: GradientBuilder, pair: OutputPair, options: ObjectiveOptions) => LossTerm> = {
  classification: (g, { logits, answer, dims, isProbability }, { temperature }) =>
    softTargetDivergence(
      g,
      logits,
      isProbability ? logarithm(g, answerInput(answer)) : answerInput(answer),
      temperature,
      dims[0]!,
    ),
  mse: (g, { output, answer, dims }) => relativeSquaredError(g, output, answerInput(answer), dims, powerInput(answer)),
  cosine: (g, { output, answer, dims }) => cosineDistance(g, output, answerInput(answer), dims),
};

/** Keeps the logarithm of a probability finite. */
const LEAST_PROBABILITY = 1e-7;

/** Logits of which these are the softmax. */
function logarithm(g: GradientBuilder, probabilities: string): string {
  return g.op('Log', [g.op('Max', [probabilities, g.scalar(LEAST_PROBABILITY)])]);
}

/** The distance of a hidden value to the teacher's, by kind. */
const FEATURE_DISTANCES: Record<FeatureOptions['kind'], (g: GradientBuilder, feature: Feature) => LossTerm> = {
  fitnet: (g, { value, answer, dims }) => relativeSquaredError(g, value, answerInput(answer), dims, powerInput(answer)),
  attention: (g, { value, answer, dims }) => attentionTransfer(g, value, answerInput(answer), dims),
};

/** The answers, outputs' and hidden ones, that are compared relative to their power. */
export function poweredAnswers(pairs: readonly OutputPair[], features: readonly Feature[]): string[] {
  return [
    ...new Set(
      [...pairs.filter(({ kind }) => kind === 'mse'), ...features.filter(({ kind }) => kind === 'fitnet')].map(
        ({ answer }) => answer,
      ),
    ),
  ];
}

/** The output that labels are for: the only classification, where there are labels. */
export function labelled(pairs: readonly OutputPair[], hasLabels: boolean): OutputPair | undefined {
  const classifications = pairs.filter(({ kind }) => kind === 'classification');
  return hasLabels && classifications.length === 1 ? classifications[0] : undefined;
}

/**
 * The sum over the outputs of their distances to the teacher's answers: T² · KL(teacher ‖ student at T) for classes [N, K], the squared
 * error relative to the answer's power, or one minus the cosine. Where labels are for an output its distance is
 * alpha · soft + (1 - alpha) · cross-entropy. The weighted distances of hidden values come on top, their sum being the term
 * `featureLoss`. Beside the losses the terms hold the powers that {@link Fidelity} reads.
 */
export function distillObjective(
  pairs: readonly OutputPair[],
  hasLabels: boolean,
  options: ObjectiveOptions,
  features: readonly Feature[] = [],
): Pick<Objective, 'extraInputs' | 'write'> {
  const hard = labelled(pairs, hasLabels);
  const answers = new Map([
    ...features.map(({ answer, answerDims }) => [answer, answerDims] as const),
    ...pairs.map(({ answer, dims }) => [answer, dims] as const),
  ]);
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
    write(g) {
      const parts = pairs.map((pair) =>
        pair === hard ? withLabels(g, pair, options) : alone(g, pair, options, pairs.length + features.length > 1),
      );
      const hidden = featureParts(g, features);
      const all = [...parts, ...hidden.parts];
      const powers = pairs.map((pair) => powerTerms(g, pair, answerInput(pair.answer)));
      return {
        terms: Object.assign(
          {
            loss: sum(
              g,
              all.map(({ total }) => total.value),
            ),
          },
          hidden.terms,
          ...parts.map(({ terms }) => terms),
          ...powers,
        ) as Record<string, string>,
        seeds: summed(
          g,
          all.map(({ value, total }) => [value, total.gradient]),
        ),
      };
    },
  };
}

interface Part {
  /** What the loss reads. */
  value: string;
  total: LossTerm;
  terms: Record<string, string>;
}

function withLabels(g: GradientBuilder, pair: OutputPair, options: ObjectiveOptions): Part {
  const soft = DISTANCES.classification(g, pair, options);
  const hard = softmaxCrossEntropy(g, pair.logits, LABELS, pair.dims as [number, number], options.labelSmoothing);
  const total = weightedSum(g, [
    { term: soft, weight: options.alpha },
    { term: hard, weight: 1 - options.alpha },
  ]);
  return { value: pair.logits, total, terms: { softLoss: soft.value, hardLoss: hard.value } };
}

function alone(g: GradientBuilder, pair: OutputPair, options: ObjectiveOptions, named: boolean): Part {
  const total = DISTANCES[pair.kind](g, pair, options);
  return { value: pair.logits, total, terms: named ? { [`loss:${pair.output}`]: total.value } : {} };
}

function featureParts(
  g: GradientBuilder,
  features: readonly Feature[],
): { parts: Part[]; terms: Record<string, string> } {
  const parts = features.map((feature): Part => {
    const { value, gradient } = FEATURE_DISTANCES[feature.kind](g, feature);
    return {
      value: feature.value,
      total: { value: g.scale(value, feature.weight), gradient: g.scale(gradient, feature.weight) },
      terms: {},
    };
  });
  return {
    parts,
    terms:
      parts.length > 0
        ? {
            featureLoss: g.op(
              'Sum',
              parts.map(({ total }) => total.value),
            ),
          }
        : {},
  };
}

function sum(g: GradientBuilder, values: readonly string[]): string {
  return values.length === 1 ? values[0]! : g.op('Sum', values);
}

/** One gradient for each value, however many losses read it. */
export function summed(
  g: GradientBuilder,
  gradients: readonly (readonly [value: string, gradient: string])[],
): Map<string, string> {
  const values = new Set(gradients.map(([value]) => value));
  const of = (wanted: string) => gradients.filter(([value]) => value === wanted).map(([, gradient]) => gradient);
  return new Map([...values].map((value) => [value, sum(g, of(value))]));
}
