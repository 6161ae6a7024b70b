import { nodeLabel, type Graph, type NodeProto } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import { NonFiniteActivationError, NonFiniteDataError } from '../errors.js';
import type { Layer } from './layers.js';
import { activatedOutput } from '../emit/int8-readers.js';

/**
 * Runs what takes statistics of activations, and says of a value that is not finite where it comes from: the sample and
 * the input of the data, or else the layers that want the value on a grid, by names that `exclude` takes. Throws
 * NonFiniteDataError, NonFiniteActivationError, and what `work` throws.
 */
export async function withCause<T>(
  { graph, layers }: { graph: Graph; layers: readonly Layer[] },
  batches: Batches,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NonFiniteActivationError)) throw error;
    const place = await firstInfinity(batches);
    if (place) throw new NonFiniteDataError(place, error);
    const names = layersAround(graph, layers, error.value);
    const exclude =
      names.length > 0
        ? `exclude ${names.map((name) => JSON.stringify(name)).join(', ')}, or mend the model: the data is finite`
        : 'mend the model: the data is finite';
    throw new NonFiniteActivationError(error.value, error.min, error.max, exclude);
  }
}

/** The layers that make a value, and those that read it, straight or behind nodes that are no layers themselves. */
function layersAround(graph: Graph, layers: readonly Layer[], value: string): string[] {
  const makers = layers.filter(({ node }) => node.output.includes(value) || activatedOutput(graph, node) === value);
  return [...new Set([...makers, ...behind(graph, layers, value)])].map(({ node }) => nodeLabel(node));
}

function behind(graph: Graph, layers: readonly Layer[], value: string): Layer[] {
  const seen = new Set<NodeProto>();
  const found: Layer[] = [];
  const ahead = graph.consumers(value).map(({ node }) => node);
  for (let node = ahead.pop(); node; node = ahead.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const layer = layers.find((candidate) => candidate.node === node);
    if (layer) found.push(layer);
    else ahead.push(...node.output.flatMap((output) => graph.consumers(output).map((use) => use.node)));
  }
  return found;
}

async function firstInfinity(batches: Batches): Promise<{ sample: number; input: string; value: number } | null> {
  let first = 0;
  for await (const batch of batches()) {
    const [size] = Object.values(batch)[0]?.dims ?? [];
    for (const [input, { data, dims }] of Object.entries(batch)) {
      if (!(data instanceof Float32Array || data instanceof Float64Array)) continue;
      const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
      if (at >= 0)
        return { sample: first + Math.floor(at / (data.length / (dims[0] ?? 1))), input, value: data[at] ?? NaN };
    }
    first += size ?? 1;
  }
  return null;
}
