import { profileModel, type HostTensors } from '#inference';
import type { NodeProfile } from '#measurement';
import { DataType, Graph, readModel, writeModel, type NodeProto } from '#onnx';
import { kernelOwners, ownerOf } from './kernel-owners.js';

/**
 * Time of a layer with what the runtime fuses with it or what follows it alone, microseconds, medians; null where no
 * kernel bears its name.
 */
export interface LayerSpeed {
  floatUs: number | null;
  quantizedUs: number | null;
}

/** Times of a model's parts: each layer's by its name, and that of all kernels that belong to none. */
export interface ModelTimes {
  of(layer: string): LayerSpeed;
  other: { floatUs: number; quantizedUs: number };
  /** Layers whose stored weight the runtime expands to floats at every run. */
  expanded: string[];
}

/** Runs that are profiled, fewer where they would take longer than so many ms, three at least. */
const PROFILED_RUNS = 15;
const PROFILED_MS = 1500;
const LEAST_RUNS = 3;

/** Profiled runs of a model of which one takes so long. */
export function profiledRuns(ms: number): number {
  return Math.min(PROFILED_RUNS, Math.max(LEAST_RUNS, Math.floor(PROFILED_MS / ms)));
}

/**
 * The time of each layer in both models, from profiles on one thread. A layer stands for the operators behind it up to
 * the next branch or layer, since the runtime fuses activations, pools and Q/DQ pairs into it and names the kernel
 * after any of them, and for what expands its weight at every run. Kernels of no layer are summed as other. `runs`
 * are profiled.
 */
export async function layerTimes(
  float: Uint8Array,
  quantized: Uint8Array,
  layers: readonly string[],
  feeds: HostTensors,
  runs = PROFILED_RUNS,
): Promise<ModelTimes> {
  const names = new Set(layers);
  const [before, after] = [await timesOf(float, names, feeds, runs), await timesOf(quantized, names, feeds, runs)];
  return {
    of: (layer) => ({ floatUs: before.of.get(layer) ?? null, quantizedUs: after.of.get(layer) ?? null }),
    other: { floatUs: before.other, quantizedUs: after.other },
    expanded: layers.filter((layer) => after.expanded.has(layer)),
  };
}

async function timesOf(
  bytes: Uint8Array,
  names: ReadonlySet<string>,
  feeds: HostTensors,
  runs: number,
): Promise<{ of: Map<string, number>; other: number; expanded: ReadonlySet<string> }> {
  const graph = new Graph(readModel(bytes));
  for (const node of graph.nodes) nameNode(graph, node);
  const owners = kernelOwners(graph, names);
  const weights = new Set(graph.nodes.filter((node) => expandsWeight(graph, node)).map(({ name }) => name));
  const of = new Map<string, number>();
  const expanded = new Set<string>();
  let other = 0;
  for (const kernel of await profileModel(writeModel(graph.model), feeds, { runs, warmup: Math.min(3, runs - 1) })) {
    const owner = ownerOf(kernel.name, owners);
    if (owner && weights.has(kernel.name)) expanded.add(owner);
    if (owner) of.set(owner, (of.get(owner) ?? 0) + medianUs(kernel));
    else other += medianUs(kernel);
  }
  return { of, other, expanded };
}

/** Whether a node makes floats of stored integers; a bias, which is of 32 bits, costs nothing beside its layer. */
function expandsWeight(graph: Graph, { opType, input }: NodeProto): boolean {
  const stored = opType === 'DequantizeLinear' ? graph.initializer(input[0] ?? '') : undefined;
  return stored !== undefined && stored.dataType !== DataType.INT32;
}

/** A profile tells nameless nodes apart by a number that only the runtime knows. */
function nameNode(graph: Graph, node: NodeProto): void {
  if (node.name === '') node.name = graph.freshName(`${node.opType}_${node.output[0] ?? ''}`);
}

function medianUs({ samplesUs }: NodeProfile): number {
  return samplesUs.toSorted((a, b) => a - b)[Math.floor(samplesUs.length / 2)]!;
}
