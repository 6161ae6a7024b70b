import type { HostTensor, HostTensors } from '#inference';
import { elementCount, Graph, readModel, valueDims } from '#onnx';
import type { Batches } from '../../calibration-data.js';

/** Elements of input that are put into one batch at most: 32 MiB of floats. */
const MOST_ELEMENTS = 2 ** 23;

/**
 * All samples as one batch, where the changed model measures the scales of its activations at every run: those are of
 * all samples of a batch, so that what a sample comes to depends on the others. Nothing for other models, batches of a
 * fixed size, and inputs that do not fit onto each other.
 */
export async function inOneBatch(changed: Uint8Array, batches: Batches): Promise<HostTensors | null> {
  const graph = new Graph(readModel(changed));
  if (!measuresScales(graph) || !isBatchFree(graph)) return null;
  const seen: HostTensors[] = [];
  for await (const batch of batches()) seen.push(batch);
  return seen.length > 1 ? joined(seen) : null;
}

/** Whether scales of activations are measured at every run: they are those of the whole batch. */
function measuresScales(graph: Graph): boolean {
  return graph.nodes.some(({ opType }) => opType.startsWith('DynamicQuantize'));
}

function isBatchFree(graph: Graph): boolean {
  return graph.inputs.every((input) => typeof valueDims(input)?.[0] !== 'number');
}

/** Null where the batches do not fit onto each other, or are too large together. */
function joined(batches: readonly HostTensors[]): HostTensors | null {
  const partsOf = (name: string) => batches.map((batch) => batch[name]);
  const tensors = Object.keys(batches[0] ?? {}).map((name) => [name, partsOf(name)] as const);
  const whole = tensors.map(([name, parts]) => [name, joinedTensor(parts)] as const);
  return whole.every((entry): entry is [string, HostTensor] => entry[1] !== null) ? Object.fromEntries(whole) : null;
}

function joinedTensor(parts: readonly (HostTensor | undefined)[]): HostTensor | null {
  const all = parts.flatMap((part) => part ?? []);
  const [first] = all;
  if (!first || first.dims.length === 0 || all.length < parts.length) return null;
  const sample = first.dims.slice(1);
  const samples = all.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const dims = [samples, ...sample];
  const shape = sample.join();
  const fits = all.every(({ type, dims }) => type === first.type && dims.slice(1).join() === shape);
  return fits && elementCount(dims) <= MOST_ELEMENTS ? ({ ...first, dims, data: joinedData(all) } as HostTensor) : null;
}

/** The bytes one after the other, as the first tensor's kind of array. */
function joinedData(tensors: readonly HostTensor[]): HostTensor['data'] {
  const bytesOf = ({ data }: HostTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const bytes = Buffer.concat(tensors.map(bytesOf));
  const Kind = tensors[0]?.data.constructor as new (buffer: ArrayBuffer) => HostTensor['data'];
  return new Kind(Uint8Array.from(bytes).buffer);
}
