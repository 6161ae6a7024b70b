import type { Graph } from '#onnx';
import type { Range } from './arithmetic.js';
import type { Layer } from './layers.js';
import { biasStep, insertPairs, type ActivationBits, type ActivationGrid } from './pairs.js';
import type { PairSite } from './placement.js';

/** Grids of a model's activations. */
export interface ActivationGrids {
  /** By the value whose statistics decide the grid. */
  bySource: Map<string, ActivationGrid>;
  /** The value that decides the grid of what a layer reads. */
  sourceOf(layer: Layer): string;
  /** The step that a runtime puts the layer's bias on, but for its weight's scale. */
  biasStepOf(layer: Layer): number;
}

export interface GridOptions {
  activationBits: ActivationBits;
  powerOfTwo: boolean;
}

/** Puts the activations of a graph on grids over the ranges of their sources. */
export function putOnGrids(graph: Graph, layers: readonly Layer[], sites: readonly PairSite[], ranges: ReadonlyMap<string, Range>, { activationBits, powerOfTwo }: GridOptions): ActivationGrids {
  const sources = new Map(sites.map((site) => [site.value, site.source]));
  const read = new Map(layers.map((layer) => [layer, sources.get(layer.input)!]));
  const bySource = insertPairs(graph, sites, ranges, { bits: widths(read, activationBits), powerOfTwo });
  return { bySource, sourceOf: (layer) => read.get(layer)!, biasStepOf: (layer) => biasStep(bySource.get(read.get(layer)!)!) };
}

/** Width of each source: that of the layers that read it, the widest where they differ, else the options'. */
function widths(read: ReadonlyMap<Layer, string>, common: ActivationBits): (source: string) => ActivationBits {
  const widest = new Map<string, ActivationBits>();
  for (const [{ activationBits = common }, source] of read) {
    if (activationBits >= (widest.get(source) ?? 0)) widest.set(source, activationBits);
  }
  return (source) => widest.get(source) ?? common;
}
