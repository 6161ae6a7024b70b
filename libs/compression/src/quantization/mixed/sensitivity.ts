import { scoreModels, type Scores } from '#evaluation';
import { nodeLabel, type Graph, elementOf } from '#onnx';
import { snrDb } from '../grid/arithmetic.js';
import type { Work } from '../../work.js';
import type { WidthEvidence } from './evidence.js';
import { DONE_BY } from '../run.js';
import type { RoundedWeights } from '../grid/rounded-weights.js';
import type { WeightBits } from '../grid/bits.js';
import { WeightTrial } from './weight-trial.js';

/** What one width of one layer's weight costs, every other weight and all activations in floats. */
export interface WidthCost {
  bits: WeightBits;
  /** Signal to noise of the stored weight, dB; null when nothing is lost. */
  weightSnrDb: number | null | undefined;
  /** Signal to noise of the model's outputs, dB; null when they are identical, undefined when they are not finite. */
  outputSnrDb: number | null | undefined;
  /** Loss of top-1 against the float model, 0..1; absent without labels. */
  top1Drop?: number;
}

export interface LayerSensitivity {
  node: string;
  opType: string;
  elements: number;
  widths: WidthCost[];
}

/** What a run is told: samples that each trial runs on, threads, and who is told how far it is. */
export interface SensitivityRun {
  samples: number;
  threads: number;
  work?: Work | undefined;
}

/**
 * The model's loss for each layer at each width, quantized alone: one session, one walk over the samples per layer.
 * Labels add the loss of top-1. The graph, whose layers the weights are of, stays as it is.
 */
export async function measureSensitivity(
  graph: Graph,
  weights: RoundedWeights,
  widths: readonly WeightBits[],
  evidence: WidthEvidence,
  run: SensitivityRun,
): Promise<LayerSensitivity[]> {
  const { layers, floats } = weights;
  const trial = await WeightTrial.create(graph, layers, floats, run.threads);
  try {
    const sensitivities: LayerSensitivity[] = [];
    run.work?.begin('sensitivity of weights', DONE_BY.sensitivity, { count: layers.length, noun: 'trial' });
    for (const [i, layer] of layers.entries()) {
      const tried = widths.map((bits) => trial.with(new Map([[i, weights.at(i, bits)]])));
      const samples = evidence.batches(run.samples, run.work);
      const { scores } = await scoreModels([trial, ...tried], samples, evidence.classes);
      const costs = widths.map((bits, w): WidthCost => ({
        bits,
        weightSnrDb: snrDb(floats[i]!, weights.at(i, bits)),
        ...costOf(elementOf(scores, 0, 'scores'), elementOf(scores, w + 1, 'scores')),
      }));
      const { node } = layer;
      const elements = floats[i]!.length;
      sensitivities.push({ node: nodeLabel(node), opType: node.opType, elements, widths: costs });
      run.work?.next();
    }
    return sensitivities;
  } finally {
    await trial.release();
  }
}

/** What a model's scores lose against the float model's. */
export function costOf(exact: Scores, changed: Scores): Pick<WidthCost, 'outputSnrDb' | 'top1Drop'> {
  const [before, after] = [exact.top1, changed.top1];
  return {
    outputSnrDb: changed.outputSnrDb,
    ...(typeof before === 'number' && typeof after === 'number' ? { top1Drop: before - after } : {}),
  };
}

/**
 * 10^(−SNR / 10) of the outputs, or of the weight where the outputs have no SNR; all of the signal where neither has
 * one.
 */
export function noiseOf({ outputSnrDb, weightSnrDb }: Pick<WidthCost, 'outputSnrDb' | 'weightSnrDb'>): number {
  const snr = outputSnrDb === undefined ? weightSnrDb : outputSnrDb;
  return snr === null ? 0 : 10 ** (-(snr ?? 0) / 10);
}
