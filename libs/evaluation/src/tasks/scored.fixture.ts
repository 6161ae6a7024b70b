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
  /** Samples of a batch; all in one by default. */
  batchSize?: number;
}

/** What evaluation makes of models that answer so. */
export function scored({ task, size, models, ...rest }: Answered): Promise<ScoreResult> {
  const {
    labels,
    classes = null,
    targets,
    inputs = {},
    options = {},
    metrics,
    confidence = 0.95,
    batchSize = size,
  } = rest;
  const numbers: HostTensor | null = targets ? float32([size, ...targets.dims], targets.values) : null;
  let start = 0;
  const part = (tensor: HostTensor) => rowsOf(tensor, size, start, Math.min(size, start + batchSize));
  const parts = (tensors: HostTensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, part(tensor)]));
  return evaluateModels(
    models.map((outputs) => ({ run: async () => parts(outputs) })),
    (async function* () {
      for (; start < size; start += batchSize)
        yield {
          inputs: parts(inputs),
          labels: labels ? Int32Array.from(labels.slice(start, start + batchSize)) : null,
          targets: numbers && part(numbers),
          size: Math.min(batchSize, size - start),
        };
    })(),
    {
      task: task && { task, classes, targets: targets?.dims ?? null, options },
      required: true,
      metrics,
      intervals: { confidence, resamples: 200 },
    },
  );
}

/** Rows of a tensor of `size` samples; one whose first axis is another is left as it is. */
function rowsOf(tensor: HostTensor, size: number, from: number, to: number): HostTensor {
  if (to - from === size) return tensor;
  const width = tensor.data.length / size;
  return {
    ...tensor,
    dims: [to - from, ...tensor.dims.slice(1)],
    data: tensor.data.slice(from * width, to * width),
  } as HostTensor;
}
