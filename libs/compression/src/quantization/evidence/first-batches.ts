import type { HostTensor, HostTensors } from '#inference';
import { elementCount, valueDims, type Graph } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import type { Work } from '../../work.js';

/** Batches, and samples, on which the outputs of layers are compared at least, as far as there are so many. */
const LEAST_BATCHES = 2;
const LEAST_SAMPLES = 8;

/** The first batches alone: enough to compare two models on. Walks over them are told to `work`. */
export function firstBatches(batches: Batches, work?: Work): Batches {
  return async function* first() {
    let [count, samples] = [0, 0];
    let tell: ReturnType<Work['walk']> | undefined;
    for await (const batch of batches()) {
      if (count >= LEAST_BATCHES && samples >= LEAST_SAMPLES) return;
      const size = Object.values(batch)[0]?.dims[0] ?? 1;
      tell ??= work?.walk(Math.max(LEAST_BATCHES, Math.ceil(LEAST_SAMPLES / Math.max(1, size))), 'batch');
      count++;
      samples += size;
      yield batch;
      tell?.(count);
    }
  };
}

/** One sample of the first batch, or the whole batch where the model fixes its size. */
export async function firstSample(graph: Graph, batches: Batches): Promise<HostTensors | null> {
  const isFixed = graph.inputs.some((input) => typeof valueDims(input)?.[0] === 'number');
  for await (const batch of batches())
    return isFixed
      ? batch
      : Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, firstRow(tensor)]));
  return null;
}

function firstRow(tensor: HostTensor): HostTensor {
  const dims = [1, ...tensor.dims.slice(1)];
  return { ...tensor, dims, data: tensor.data.slice(0, elementCount(dims)) } as HostTensor;
}
