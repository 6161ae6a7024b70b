import { tensorToFloats, type Graph, known } from '#onnx';
import type { ValueRange } from '../grid/arithmetic.js';
import { scaleOfNothing, scaleOfWide, type BiasedReader } from '../grid/bias-grid.js';
import type { Layer } from '../layers/layers.js';
import type { ActivationBits } from '../grid/bits.js';
import { insertPairs, type ActivationGrid } from './pairs.js';
import type { PairSite } from './placement.js';
import { layerScales, type LayerScaleOptions } from '../grid/weight-grid.js';

/** Grids of a model's activations. */
export interface ActivationGrids {
  /** By the value whose statistics decide the grid. */
  bySource: Map<string, ActivationGrid>;
  /** The value that decides the grid of what a layer reads. */
  sourceOf(layer: Layer): string;
  /** The scale of what a layer reads: with the weight's it is the step of the layer's bias. */
  inputScaleOf(layer: Layer): number;
}

export interface GridOptions extends LayerScaleOptions {
  activationBits: ActivationBits;
  /** Widths that are given by source. */
  sourceBits?: ReadonlyMap<string, ActivationBits>;
}

/**
 * Puts the activations of a graph on grids over the ranges of their sources, with scales that suit the biases of the
 * layers that read them.
 */
export function putOnGrids(
  graph: Graph,
  layers: readonly Layer[],
  sites: readonly PairSite[],
  ranges: ReadonlyMap<string, ValueRange>,
  options: GridOptions,
): ActivationGrids {
  const sources = new Map(sites.map((site) => [site.value, site.source]));
  const read = new Map(layers.map((layer) => [layer, known(sources, layer.input, 'sources')]));
  const byReaders = widths(read, options.activationBits);
  const bits = (source: string) => options.sourceBits?.get(source) ?? byReaders(source);
  const readersOf = (source: string) => {
    const readers = layers.filter((layer) => read.get(layer) === source);
    return readers.flatMap((layer) => biasedReader(graph, layer, options));
  };
  const chooseScale = (source: string, tightest: number) => {
    if (tightest === 0) return scaleOfNothing(readersOf(source));
    return bits(source) === 16 ? scaleOfWide(tightest, readersOf(source)) : tightest;
  };
  const bySource = insertPairs(graph, sites, ranges, { bits, powerOfTwo: options.powerOfTwo, chooseScale });
  return {
    bySource,
    sourceOf: (layer) => known(read, layer, 'read'),
    inputScaleOf: (layer) => known(bySource, known(read, layer, 'read'), 'by source').scale,
  };
}

/** A layer with the scales that its weight would take by itself; none for one without a constant bias. */
function biasedReader(graph: Graph, layer: Layer, options: LayerScaleOptions): BiasedReader[] {
  const bias = layer.bias ? graph.initializer(layer.bias) : undefined;
  return bias ? [{ ...layerScales(graph, layer, options), bias: tensorToFloats(bias) }] : [];
}

/** Width of each source: that of the layers that read it, the widest where they differ, else the options'. */
function widths(read: ReadonlyMap<Layer, string>, common: ActivationBits): (source: string) => ActivationBits {
  const widest = new Map<string, ActivationBits>();
  for (const [{ activationBits = common }, source] of read) {
    if (activationBits >= (widest.get(source) ?? 0)) widest.set(source, activationBits);
  }
  return (source) => widest.get(source) ?? common;
}
