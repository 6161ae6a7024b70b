import type { Dataset } from '#datasets';
import type { HostTensor, HostTensors } from '#inference';
import type { BatchSource, TrainingBatch } from './batch-source.js';

/** Inputs of the train split alone, unchanged and in an order of their own: what a trained model will see. */
export async function* splitInputs(
  data: Dataset,
  inputNames: readonly string[],
  options: { batchSize: number; shuffleSeed: number },
): AsyncGenerator<HostTensors> {
  for await (const { inputs } of data.bindInputs(inputNames).batches('train', { ...options, dropLast: true }))
    yield inputs;
}

/** The inputs of an epoch's batches alone. */
export async function* inputsOf(source: BatchSource, epoch: number): AsyncGenerator<HostTensors> {
  for await (const { inputs } of source.batches(epoch)) yield inputs;
}

/** The same samples in batches of another size, as a file that fixes it wants them; a rest is left out. */
export async function* inBatchesOf(
  size: number | null,
  batches: AsyncIterable<HostTensors>,
): AsyncGenerator<HostTensors> {
  for await (const batch of batches) {
    const samples = Object.values(batch)[0]!.dims[0]!;
    if (size === null || size === samples) yield batch;
    else for (let from = 0; from + size <= samples; from += size) yield rowsOf(batch, from, size);
  }
}

/** Rows of each tensor. */
export function rowsOf(batch: HostTensors, from: number, count: number): HostTensors {
  return Object.fromEntries(
    Object.entries(batch).map(([name, tensor]): [string, HostTensor] => {
      const [samples, ...rest] = tensor.dims as [number, ...number[]];
      const size = tensor.data.length / samples;
      const data = tensor.data.slice(from * size, (from + count) * size);
      return [name, { ...tensor, dims: [count, ...rest], data } as HostTensor];
    }),
  );
}

/** Samples of each batch when none is left out: batches as equal as can be, none above `most`. */
export function evenBatchSize(samples: number, most: number): number {
  return Math.ceil(samples / Math.ceil(samples / most));
}

/**
 * The batch with its samples again and again until there are `size`, for a model that takes batches of that size alone.
 */
export function filledUp(batch: TrainingBatch, size: number): TrainingBatch {
  const samples = Object.values(batch.inputs)[0]!.dims[0]!;
  if (samples === size) return batch;
  const fill = (tensors: HostTensors) => {
    const filled = Object.entries(tensors).map(([name, tensor]) => [name, repeated(tensor, size)]);
    return Object.fromEntries(filled) as HostTensors;
  };
  const labels = batch.labels && Int32Array.from({ length: size }, (_, i) => batch.labels![i % samples]!);
  return { inputs: fill(batch.inputs), targets: fill(batch.targets), labels, samples };
}

/** The rows of a tensor again and again until there are `rows`. */
export function repeated(tensor: HostTensor, rows: number): HostTensor {
  const [count, ...rest] = tensor.dims as [number, ...number[]];
  const size = tensor.data.length / count;
  const data = new (tensor.data.constructor as Float32ArrayConstructor)(rows * size);
  for (let row = 0; row < rows; row++) {
    const at = row % count;
    data.set((tensor.data as Float32Array).subarray(at * size, (at + 1) * size), row * size);
  }
  return { ...tensor, dims: [rows, ...rest], data } as HostTensor;
}
