import type { QuantizeOptions, Skipped } from '#contracts';
import { Graph, liftOpset, type ModelProto, type NodeProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { fuseDecomposed } from '../../rewrites/decomposed.js';
import { foldBatchNorm } from '../../rewrites/fold-batch-norm.js';
import { fuseHardSwish } from '../../rewrites/fuse-hard-swish.js';
import { ownVectors } from '../../rewrites/own-vectors.js';
import { plainGemms } from '../../rewrites/plain-gemm.js';
import { floatAheadOfLog } from './ahead-of-log.js';
import { selectDynamic } from '../schemes/dynamic.js';
import { equalizeLayers } from '../rescaling/equalize.js';
import { floatMixedEnds } from './mixed-ends.js';
import { nodeLabel } from '../../name-pattern.js';
import { floatConstantsLeft } from './float-constants.js';
import { selectLayers, widenWeights, type Layer, type Selection } from './layers.js';
import { selectRecurrent } from './recurrent.js';
import { scopeLayers } from './scope.js';
import { selectTables, type Table } from './tables.js';
import { unsmoothable } from '../rescaling/smooth.js';
import { STATISTICS_OPSET } from '../calibration/statistics.js';
import { storedBits } from '../grid/weight-grid.js';

/** What will be quantized and what is left alone, decided without running anything. */
export interface Plan {
  graph: Graph;
  layers: Layer[];
  /** Tables whose rows are looked up; none where they are left out. */
  tables?: readonly Table[];
  /** LSTMs whose weights are stored as integers; none where they are left out. */
  recurrent?: readonly NodeProto[];
  skipped: Skipped[];
}

/**
 * Lifts the model in place to the opset that the options need, makes its constants initializers, folds
 * normalisations, fuses hard-swish, GELU and LayerNorm, selects its layers and, where asked, equalizes them.
 * Throws UnsupportedModelError when it cannot be lifted.
 */
export function planQuantization(model: ModelProto, options: QuantizeOptions): Plan {
  liftOpset(model, neededOpset(options));
  liftConstants(new Graph(model));
  fuseDecomposed(model);
  const graph = new Graph(model);
  foldBatchNorm(graph);
  fuseHardSwish(graph);
  // Half precision is a matter of tensors: their storage decides, not the operator that reads them.
  if (options.scheme === 'float16') return { graph, layers: [], skipped: [] };
  plainGemms(graph);
  const selection = selectFor(graph, options);
  const kept =
    options.scheme === 'dynamic' ? selectDynamic(selection.layers) : { layers: selection.layers, skipped: [] };
  const { tables, skipped: tablesLeft } = selectTables(graph, kept.layers, options);
  const { recurrent, skipped: recurrentLeft } = selectRecurrent(graph, options);
  const isChanged = options.equalize || options.smoothing !== undefined;
  widenWeights(graph, isChanged ? selection.layers : kept.layers);
  if (isChanged) ownVectors(graph);
  if (options.equalize) selection.skipped.push(...equalizeLayers(graph, selection.layers));
  if (options.smoothing !== undefined) selection.skipped.push(...unsmoothable(graph, selection.layers));
  const skipped = [...selection.skipped, ...kept.skipped, ...tablesLeft, ...recurrentLeft];
  const named = namesOf([...kept.layers, ...tables, ...recurrent.map((node) => ({ node }))], skipped);
  return { graph, layers: kept.layers, tables, recurrent, skipped: [...skipped, ...floatConstantsLeft(graph, named)] };
}

/** Nodes that a report speaks of. */
function namesOf(layers: readonly Pick<Layer, 'node'>[], skipped: readonly Skipped[]): Set<string> {
  return new Set([...layers.map(({ node }) => nodeLabel(node)), ...skipped.map(({ node }) => node)]);
}

function selectFor(graph: Graph, options: QuantizeOptions): Selection {
  const selection =
    options.scheme === 'static'
      ? floatMixedEnds(graph, floatAheadOfLog(graph, scopeLayers(graph, selectLayers(graph, options), options)))
      : scopeLayers(graph, selectLayers(graph, { ...options, minProducts: 0 }), options);
  // A layer goes by its name, also after its output was renamed.
  for (const { node } of selection.layers) node.name = nodeLabel(node);
  return selection;
}

/** Types came late: INT4 and UINT4, and Q/DQ of UINT16, with opset 21, INT2 and UINT2 with 25. */
export function neededOpset(options: QuantizeOptions): number {
  if (options.mixed) return 25;
  const widths = [options.weightBits, ...Object.values(options.layerBits)].map((weightBits) =>
    storedBits({ ...options, weightBits }),
  );
  const forWeights = { 8: STATISTICS_OPSET, 4: 21, 2: 25 }[Math.min(...widths) as 8 | 4 | 2];
  const hasWideActivations = [options.activationBits, ...Object.values(options.layerActivationBits)].includes(16);
  return hasWideActivations ? Math.max(21, forWeights) : forWeights;
}
