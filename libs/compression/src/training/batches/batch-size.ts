import type { DatasetInspection, TrainerOptions } from '#contracts';
import type { Graph } from '#onnx';
import { usesBatchStatistics } from './batch-statistics.js';
import { TrainingError } from '../errors.js';
import { fixedBatch } from './flexible-batch.js';

/** Samples of a step, and what to say of them where they are not as many as were asked for. */
export interface BatchSize {
  batchSize: number;
  warnings: string[];
}

/**
 * Samples of a step for a graph in training form: what was asked for, as far as there are so many; for one that takes
 * batches of a fixed size alone a multiple of it, computed in parts. Throws TrainingError with the way out where no
 * batch fits.
 */
export function chooseBatchSize(graph: Graph, asked: number, samples: number): BatchSize {
  const most = Math.min(asked, samples);
  const fixed = fixedBatch(graph);
  if (fixed === null)
    return {
      batchSize: most,
      warnings:
        samples < asked
          ? [`the train split has ${samples} samples to learn from: batches hold ${samples}, not ${asked}`]
          : [],
    };
  const problem = fixedBatchProblem(fixed, samples, usesBatchStatistics(graph));
  if (problem !== null) throw new TrainingError(problem);
  const batchSize = usesBatchStatistics(graph) ? fixed : Math.max(fixed, most - (most % fixed));
  const parts = batchSize > fixed ? `, and a step takes ${batchSize / fixed} of them` : '';
  const other = batchSize === asked ? '' : `: batches hold ${batchSize}, not ${asked}`;
  return { batchSize, warnings: [`the file fixes batches of ${fixed}${parts}${other}`] };
}

/**
 * Why a model that takes batches of a fixed size alone cannot be trained on so many samples, with the way out; null
 * where it can.
 */
export function fixedBatchProblem(fixed: number, samples: number, goesByBatch: boolean): string | null {
  if (samples < fixed)
    return (
      `the model takes batches of ${fixed}, and the train split has ${samples} samples to learn from: ` +
      'use a larger split, or export the model with a dynamic batch'
    );
  if (goesByBatch && fixed === 1)
    return (
      'batch normalization goes by each batch, and the model takes one sample at a time: ' +
      'set batchNorm to frozen, or export the model with a dynamic batch'
    );
  return null;
}

/** The same for a graph in training form and a data set as it was inspected, less the samples that are held back. */
export function batchProblem(
  graph: Graph,
  { earlyStopping }: TrainerOptions,
  data: DatasetInspection | null,
): string | null {
  const fixed = fixedBatch(graph);
  const samples = data?.splits['train'] ?? Infinity;
  if (earlyStopping && samples < 2)
    return 'earlyStopping holds samples of the train split back, and it has one: leave earlyStopping out, or add samples';
  const share = earlyStopping && Number.isFinite(samples) ? earlyStopping.share : 0;
  const held = share > 0 ? Math.min(samples - 1, Math.max(1, Math.round(share * samples))) : 0;
  return fixed === null ? null : fixedBatchProblem(fixed, samples - held, usesBatchStatistics(graph));
}
