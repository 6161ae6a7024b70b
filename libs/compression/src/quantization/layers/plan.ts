import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel, Graph, type ModelProto, type NodeProto } from '#onnx';
import { fuseDecomposed } from '../../rewrites/decomposed.js';
import { foldBatchNorm } from '../../rewrites/fold-batch-norm.js';
import { fuseHardSwish } from '../../rewrites/fuse-hard-swish.js';
import { ownVectors } from '../../rewrites/own-vectors.js';
import { plainGemms } from '../../rewrites/plain-gemm.js';
import { equalizeLayers } from '../rescaling/equalize.js';
import { floatConstantsLeft } from './float-constants.js';
import { widenWeights, type Layer, type Selection } from './layers.js';
import { selectRecurrent } from './recurrent.js';
import { selectTables, type LookUpTable } from './tables.js';
import { unsmoothable } from '../rescaling/smooth.js';

/** What will be quantized and what is left alone, decided without running anything. */
export interface Plan {
  graph: Graph;
  layers: Layer[];
  /** Tables whose rows are looked up; none where they are left out. */
  tables?: readonly LookUpTable[];
  /** LSTMs whose weights are stored as integers; none where they are left out. */
  recurrent?: readonly NodeProto[];
  skipped: Skipped[];
}

/** What a scheme finds in a graph. */
export interface SchemeSelection {
  /**
   * Layers that can be stored as integers, those that are rescaled where the options ask for it, and the nodes that
   * cannot.
   */
  found: Selection;
  /** Those of the layers found that the scheme takes. */
  layers: Layer[];
  /** The rest of them, with the scheme's reasons. */
  refused: Skipped[];
}

/** How a scheme selects its layers. */
export type SelectForScheme = (graph: Graph, options: QuantizeOptions) => SchemeSelection;

/**
 * Folds normalisations, fuses hard-swish, GELU and LayerNorm, selects layers as the scheme does and, where asked,
 * equalizes them, all in place in a prepared model. A scheme that selects nothing stores tensors, whatever operator
 * reads them.
 */
export function planLayers(model: ModelProto, options: QuantizeOptions, select: SelectForScheme | null): Plan {
  fuseDecomposed(model);
  const graph = new Graph(model);
  foldBatchNorm(graph);
  fuseHardSwish(graph);
  if (!select) return { graph, layers: [], skipped: [] };
  plainGemms(graph);
  const { found, layers, refused } = select(graph, options);
  const { tables, skipped: tablesLeft } = selectTables(graph, layers, options);
  const { recurrent, skipped: recurrentLeft } = selectRecurrent(graph, options);
  const rescalingLeft = rescale(graph, found.layers, layers, options);
  const skipped = [...found.skipped, ...rescalingLeft, ...refused, ...tablesLeft, ...recurrentLeft];
  const named = namesOf([...layers, ...tables, ...recurrent.map((node) => ({ node }))], skipped);
  return { graph, layers, tables, recurrent, skipped: [...skipped, ...floatConstantsLeft(graph, named)] };
}

/**
 * Lets layers read weights of single precision, and where channels are rescaled each one vectors of its own; what
 * cannot be rescaled is returned.
 */
function rescale(
  graph: Graph,
  found: readonly Layer[],
  layers: readonly Layer[],
  { equalize, smoothing }: QuantizeOptions,
): Skipped[] {
  const isRescaled = equalize || smoothing !== undefined;
  widenWeights(graph, isRescaled ? found : layers);
  if (isRescaled) ownVectors(graph);
  return [
    ...(equalize ? equalizeLayers(graph, found) : []),
    ...(smoothing === undefined ? [] : unsmoothable(graph, found)),
  ];
}

/** Nodes that a report speaks of. */
function namesOf(layers: readonly Pick<Layer, 'node'>[], skipped: readonly Skipped[]): Set<string> {
  return new Set([...layers.map(({ node }) => nodeLabel(node)), ...skipped.map(({ node }) => node)]);
}
