import type { QuantizeOptions, Skipped } from '#contracts';
import { nodeLabel, Graph, type ModelProto, type NodeProto } from '#onnx';
import { leftAlone } from '../../left-alone.js';
import { fuseDecomposed } from '../../rewrites/decomposed.js';
import { foldBatchNorm } from '../../rewrites/fold-batch-norm.js';
import { fuseHardSwish } from '../../rewrites/fuse-hard-swish.js';
import { ownVectors } from '../../rewrites/own-vectors.js';
import { plainGemms } from '../../rewrites/plain-gemm.js';
import { equalizeLayers } from '../rescaling/equalize.js';
import { encodingOf, readEncodings, Unused, valueNames, type KnownEncodings } from '../calibration/known-encodings.js';
import { floatConstantsLeft } from './float-constants.js';
import { isWeighted, widenWeights, type Layer, type Selection } from './layers.js';
import { selectRecurrent } from './recurrent.js';
import { selectAlone } from './stored-alone.js';
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
  /** Weights of operators without an integer kernel, stored as integers all the same; none where they are left out. */
  alone?: readonly Layer[];
  /** Grids that another quantizer gave; none where there are none. */
  encodings?: KnownEncodings;
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
  const namesBefore = valueNames(new Graph(model));
  fuseDecomposed(model);
  const graph = new Graph(model);
  const unread = dropUnread(graph);
  foldBatchNorm(graph);
  fuseHardSwish(graph);
  if (!select) return { graph, layers: [], skipped: unread };
  plainGemms(graph);
  const unused = new Unused();
  const encodings = readEncodings(options, new Set([...namesBefore, ...valueNames(graph)]), unused);
  const { found, layers, refused } = select(graph, options);
  for (const layer of layers) layer.bits ??= encodingOf(encodings, layer)?.bits;
  const { tables, skipped: tablesLeft } = selectTables(graph, layers, options);
  const { recurrent, skipped: recurrentLeft } = selectRecurrent(graph, options);
  const rescalingLeft = rescale(graph, found.layers, layers, options);
  const alone = selectAlone(graph, new Set(recurrent), options);
  widenWeights(graph, alone);
  const otherwise = [...unread, ...rescalingLeft, ...refused, ...tablesLeft, ...recurrentLeft, ...unused.skipped];
  const left = [...found.skipped, ...otherwise];
  const skipped = storedAlone(left, alone, options);
  const spokenOf = namesOf([...layers, ...tables, ...alone, ...recurrent.map((node) => ({ node }))], skipped);
  const constantsLeft = floatConstantsLeft(graph, spokenOf);
  return { graph, layers, tables, recurrent, alone, encodings, skipped: [...skipped, ...constantsLeft] };
}

/** Takes out what leads to no output, and tells of the layers among it. */
function dropUnread(graph: Graph): Skipped[] {
  const weighted = graph.nodes.filter((node) => isWeighted(graph, node));
  graph.removeDeadCode();
  const kept = new Set(graph.nodes);
  const unread = weighted.filter((node) => !kept.has(node));
  return unread.map((node) => leftAlone(node, 'no output depends on it: it is left out of the file'));
}

/** Says of operators without an integer kernel that their weights are integers; in a scheme of weights that is all. */
function storedAlone(skipped: Skipped[], alone: readonly Layer[], { scheme }: QuantizeOptions): Skipped[] {
  const names = new Set(alone.map(({ node }) => nodeLabel(node)));
  if (scheme === 'weightOnly') return skipped.filter(({ node }) => !names.has(node));
  return skipped.map((left) =>
    names.has(left.node)
      ? { ...left, reason: `computes in floats, its weights stored as integers: ${left.reason}` }
      : left,
  );
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
