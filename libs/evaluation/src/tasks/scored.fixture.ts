import type { MetricName, TaskName } from '#contracts';
import { float32, type HostTensor, type HostTensors } from '#inference';
import { evaluateModels, type ScoreResult } from '../scores.js';
import type { TaskOptions } from './task.js';

/** Samples with the answers of a baseline and of other models to them. */
export interface Answered {
  task: TaskName | null;
  size: number;
  /** Of each model its outputs for all samples, the baseline first. */
  models: readonly HostTensors[];
  labels?: readonly number[];
  classes?: number;
  /** Numbers of all samples, and the shape of one. */
  targets?: { values: readonly number[]; dims: readonly number[] };
  inputs?: HostTensors;
  options?: TaskOptions;
  metrics?: readonly MetricName[];
  confidence?: number;
}

/** What evaluation makes of models that answer so, all samples in one batch. */
export function scored({ task, size, models, ...rest }: Answered): Promise<ScoreResult> {
  const { labels, classes = null, targets, inputs = {}, options = {}, metrics, confidence = 0.95 } = rest;
  const numbers: HostTensor | null = targets ? float32([size, ...targets.dims], targets.values) : null;
  const batch = { inputs, labels: labels ? Int32Array.from(labels) : null, targets: numbers, size };
  return evaluateModels(
    models.map((outputs) => ({ run: async () => outputs })),
    (async function* () {
      yield batch;
    })(),
    {
      task: task && { task, classes, targets: targets?.dims ?? null, options },
      required: true,
      metrics,
      intervals: { confidence, resamples: 200 },
    },
  );
}
