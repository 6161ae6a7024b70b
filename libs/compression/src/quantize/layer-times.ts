import { profileModel, type HostTensors, type NodeProfile } from '#inference';
import { Graph, readModel, type NodeProto } from '#onnx';
import type { LayerReport } from './static.js';

/** Time of a layer with what the runtime fuses with it or what follows it alone, microseconds, medians; null where no kernel bears its name. */
export interface LayerTime {
  floatUs: number | null;
  quantizedUs: number | null;
}

const PROFILED_RUNS = 15;

/**
 * The time of each layer in both models, from profiles on one thread. A layer stands for the operators behind it up to the next branch or
 * layer, since the runtime fuses activations, pools and Q/DQ pairs into it and names the kernel after any of them.
 */
export async function layerTimes(float: Uint8Array, quantized: Uint8Array, layers: readonly LayerReport[], feeds: HostTensors): Promise<LayerTime[]> {
  const names = new Set(layers.map(({ node }) => node));
  const [before, after] = [await timesOf(float, names, feeds), await timesOf(quantized, names, feeds)];
  return layers.map(({ node }) => ({ floatUs: before.get(node) ?? null, quantizedUs: after.get(node) ?? null }));
}

async function timesOf(bytes: Uint8Array, names: ReadonlySet<string>, feeds: HostTensors): Promise<Map<string, number>> {
  const owners = kernelOwners(new Graph(readModel(bytes)), names);
  const times = new Map<string, number>();
  for (const kernel of await profileModel(bytes, feeds, { runs: PROFILED_RUNS, warmup: 3 })) {
    const owner = owners.get(bareName(kernel));
    if (owner) times.set(owner, (times.get(owner) ?? 0) + medianUs(kernel));
  }
  return times;
}

/** The layer that each node and value name of the graph stands for, where it stands for one. */
function kernelOwners(graph: Graph, names: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const layer of graph.nodes.filter(({ name }) => names.has(name))) {
    for (let node: NodeProto | undefined = layer; node; node = follower(graph, node, names)) {
      for (const name of [node.name, node.output[0]!]) if (name !== '') owners.set(name, layer.name);
    }
  }
  return owners;
}

/** The node that alone reads a node's output, unless it is a layer of its own or joins another branch. */
function follower(graph: Graph, node: NodeProto, names: ReadonlySet<string>): NodeProto | undefined {
  const readers = new Set(graph.consumers(node.output[0]!).map((use) => use.node));
  const [next] = readers;
  if (readers.size !== 1 || !next || names.has(next.name)) return undefined;
  return next.input.filter((value) => value !== '' && !graph.initializer(value)).length === 1 ? next : undefined;
}

/** A kernel's name without what the runtime adds when it fuses nodes or changes their layout. */
function bareName({ name }: NodeProfile): string {
  return name.replace(/^fused /, '').replace(/(_nchwc|_token_\d+|_quant)$/, '');
}

function medianUs({ samplesUs }: NodeProfile): number {
  return samplesUs.toSorted((a, b) => a - b)[Math.floor(samplesUs.length / 2)]!;
}
