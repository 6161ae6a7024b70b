import { scoreModels } from '#evaluation';
import { nodeLabel, type Graph, elementOf } from '#onnx';
import type { WidthEvidence } from './evidence.js';
import { MixedPrecisionError } from '../errors.js';
import type { Layer } from '../layers/layers.js';
import { MIXED_WIDTHS, paretoPlans, uniformPlan, widthCandidates, type WidthPlan } from './mixed-precision.js';
import { RoundedWeights, type RoundingOptions } from '../grid/rounded-weights.js';
import { costOf, measureSensitivity, type LayerSensitivity, type SensitivityRun } from './sensitivity.js';
import { DONE_BY } from '../run.js';
import { WeightTrial } from './weight-trial.js';

/** A plan that was run as a whole. */
export interface TriedPlan extends WidthPlan {
  outputSnrDb: number | null | undefined;
  /** Loss of top-1, 0..1; absent without labels. */
  top1Drop?: number;
}

/** What the choice of widths leaves behind for the report. */
export interface WidthChoice {
  chosen: TriedPlan;
  /** The plans no other beats in size and estimated noise, widest first. */
  front: WidthPlan[];
  /** The same width everywhere, for comparison. */
  uniform: TriedPlan[];
  sensitivities: LayerSensitivity[];
  /** What the goal asks for and no plan gives; null when it is met. */
  shortfall: string | null;
}

/** The two models that widths are tried in, each with its own nodes for the same layers. */
export interface WidthSubjects {
  /** Before quantization. */
  float: { graph: Graph; layers: readonly Layer[] };
  /** With activations on their grids and weights still float. */
  gridded: { graph: Graph; layers: readonly Layer[] };
}

/** What the widths are to meet, one of: a size, or a loss that is still fine. */
export type WidthGoal = { averageBits: number } | { minSnrDb: number } | { maxDrop: number };

/** Best plans by estimate that are run before one is taken: the estimate leaves out how errors add up. */
const SHORTLIST = 6;

/**
 * Widths for every layer that meet the goal, those that the options name among them: the least loss within a size, or
 * the least size within a loss. What is taken was run, its activations quantized too, and is never worse than the same
 * width everywhere that fits. Throws MixedPrecisionError for a loss of accuracy without labels.
 */
export async function chooseWidths(
  { float, gridded }: WidthSubjects,
  goal: WidthGoal,
  options: RoundingOptions,
  evidence: WidthEvidence,
  run: SensitivityRun,
): Promise<WidthChoice> {
  const weights = new RoundedWeights(float.graph, float.layers, options);
  const named = float.layers.map(({ bits }) => bits);
  const widths = [...new Set([...MIXED_WIDTHS, ...named.filter((bits) => bits !== undefined)])];
  const sensitivities = await measureSensitivity(float.graph, weights, widths, evidence, run);
  const candidates = widthCandidates(sensitivities, named);
  const front = paretoPlans(candidates);
  const jury = await PlanTrials.create({ float, gridded }, weights, evidence, run);
  try {
    run.work?.begin('trying widths together', DONE_BY.widths);
    const uniform = await jury.tryAll(MIXED_WIDTHS.map((bits) => uniformPlan(candidates, bits)));
    const choice =
      'averageBits' in goal
        ? await leastLoss(front, uniform, goal.averageBits, jury)
        : await leastSize(front, goal, jury);
    return { ...choice, front, uniform, sensitivities };
  } finally {
    await jury.release();
  }
}

type Choice = Pick<WidthChoice, 'chosen' | 'shortfall'>;

async function leastLoss(
  front: readonly WidthPlan[],
  uniform: readonly TriedPlan[],
  averageBits: number,
  jury: PlanTrials,
): Promise<Choice> {
  const fits = (plan: WidthPlan) => plan.averageBits <= averageBits + 1e-9;
  const tried = await jury.tryAll(front.filter(fits).slice(0, SHORTLIST));
  const [chosen] = [...tried, ...uniform.filter(fits)].toSorted((a, b) => decibels(b) - decibels(a));
  return {
    chosen: chosen!,
    shortfall:
      chosen?.outputSnrDb === undefined
        ? 'the outputs have no signal to noise on this data: widths were judged by what rounding takes from the ' +
          'weights alone'
        : null,
  };
}

/** Halves the front: narrower plans are noisier. */
async function leastSize(
  front: readonly WidthPlan[],
  goal: { minSnrDb: number } | { maxDrop: number },
  jury: PlanTrials,
): Promise<Choice> {
  const isMet =
    'minSnrDb' in goal
      ? (plan: TriedPlan) => measuredDecibels(plan) >= goal.minSnrDb
      : (plan: TriedPlan) => dropOf(plan) <= goal.maxDrop;
  const [widest] = (await jury.tryAll([elementOf(front, 0, 'front')])) as [TriedPlan];
  if (!isMet(widest))
    return {
      chosen: widest,
      shortfall: `${Object.entries(goal).flat().join(' ')} is out of reach: even 8 bits everywhere lose more`,
    };
  let chosen = widest;
  let [good, bad] = [0, front.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const [plan] = (await jury.tryAll([elementOf(front, middle, 'front')])) as [TriedPlan];
    if (isMet(plan)) [good, chosen] = [middle, plan];
    else bad = middle;
  }
  return { chosen, shortfall: null };
}

function decibels({ outputSnrDb, noise }: TriedPlan): number {
  return outputSnrDb === null ? Infinity : (outputSnrDb ?? -10 * Math.log10(noise));
}

function measuredDecibels(plan: TriedPlan): number {
  if (plan.outputSnrDb === undefined)
    throw new MixedPrecisionError(
      'minSnrDb needs outputs with a signal to noise, and on this data they have none: the model gives only ' +
        'zeros, or values that are not finite; use averageBits',
    );
  return decibels(plan);
}

function dropOf({ top1Drop }: TriedPlan): number {
  if (top1Drop === undefined)
    throw new MixedPrecisionError(
      'maxDrop needs a data set with labels, and a model with one score per class; use minSnrDb without',
    );
  return top1Drop;
}

/** Runs whole plans against the float model. */
class PlanTrials {
  private constructor(
    private readonly weights: RoundedWeights,
    private readonly reference: WeightTrial,
    private readonly trial: WeightTrial,
    private readonly evidence: WidthEvidence,
    private readonly run: SensitivityRun,
  ) {}

  static async create(
    { float, gridded }: WidthSubjects,
    weights: RoundedWeights,
    evidence: WidthEvidence,
    run: SensitivityRun,
  ): Promise<PlanTrials> {
    const { threads } = run;
    const reference = await WeightTrial.create(float.graph, float.layers, weights.floats, threads);
    const trial = await WeightTrial.create(gridded.graph, gridded.layers, weights.floats, threads);
    return new PlanTrials(weights, reference, trial, evidence, run);
  }

  /** What each plan loses on the samples. */
  async tryAll(plans: readonly WidthPlan[]): Promise<TriedPlan[]> {
    const models = plans.map((plan) => this.trial.with(this.weightsOf(plan)));
    const { reference, evidence, run } = this;
    const samples = evidence.batches(run.samples, run.work);
    const { scores } = await scoreModels([reference, ...models], samples, evidence.classes);
    const floatScores = elementOf(scores, 0, 'scores');
    return plans.map((plan, i) => ({ ...plan, ...costOf(floatScores, elementOf(scores, i + 1, 'scores')) }));
  }

  async release(): Promise<void> {
    await this.reference.release();
    await this.trial.release();
  }

  private weightsOf({ bits }: WidthPlan): Map<number, Float32Array> {
    const { weights } = this;
    return new Map(weights.layers.map(({ node }, i) => [i, weights.at(i, bits[nodeLabel(node)]!)]));
  }
}
