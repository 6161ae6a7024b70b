import type { QuantizeOptions, Skipped } from '#contracts';
import { mulberry32 } from '#datasets';
import { Graph, type ModelProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import { liftOpset } from '../prepare/opset.js';
import { poolBeforeRelu } from '../prepare/pool-before-relu.js';
import { splitBias } from '../prepare/split-bias.js';
import type { AffineGrid, Range } from './arithmetic.js';
import { calibrate, type Batches, type CalibrationRun } from './calibrate.js';
import { nodeLabel, selectLayers, type Layer, type Selection } from './layers.js';
import { insertPairs } from './pairs.js';
import { placePairs } from './placement.js';
import { STATISTICS_OPSET } from './statistics.js';
import { storedBits } from './weight-grid.js';
import { WeightStore, type WeightReport } from './weight-store.js';

/** One quantized layer in the report. */
export interface LayerReport extends WeightReport {
  node: string;
  opType: string;
  input: string;
}

/** One activation grid in the report. */
export interface ActivationReport extends Range, AffineGrid {
  value: string;
}

export interface StaticResult {
  layers: LayerReport[];
  activations: ActivationReport[];
  skipped: Skipped[];
}

/** How a run of the pass is seeded and measured. */
export interface StaticRun extends CalibrationRun {
  seed: number;
}

/** Quantizes the model in place with uint8 activations and integer weights; ranges come from `batches`. */
export async function quantizeStatic(model: ModelProto, options: QuantizeOptions, batches: Batches, run: StaticRun): Promise<StaticResult> {
  const { graph, layers, skipped } = prepareLayers(model, options);
  if (layers.length === 0) return { layers: [], activations: [], skipped };
  shapeForFusion(graph, layers);
  const sites = placePairs(graph, layers);
  const sources = new Map(sites.map((site) => [site.value, site.source]));
  const ranges = await calibrate(model, [...new Set(sources.values())], batches, { ...options, ...run });
  const grids = insertPairs(graph, sites, ranges);
  const store = new WeightStore(graph, { ...options, random: mulberry32(run.seed) });
  const reports = layers.map((layer): LayerReport => {
    const label = nodeLabel(layer.node);
    const report = store.quantize(layer, options.layerBits[label] ?? options.weightBits, grids.get(sources.get(layer.input)!)!.scale);
    return { node: label, opType: layer.node.opType, input: layer.input, ...report };
  });
  graph.removeDeadCode();
  return { layers: reports, activations: [...grids].map(([value, grid]) => ({ value, ...ranges.get(value)!, ...grid })), skipped };
}

/** The model lifted to the opset that the options need, its constants as initializers, its layers selected. */
export function prepareLayers(model: ModelProto, options: QuantizeOptions): Selection & { graph: Graph } {
  liftOpset(model, neededOpset(options));
  const graph = new Graph(model);
  liftConstants(graph);
  return { graph, ...selectLayers(graph, options) };
}

/** Packed types came late: INT4 and UINT4 with opset 21, INT2 and UINT2 with 25. */
function neededOpset(options: QuantizeOptions): number {
  const widths = [options.weightBits, ...Object.values(options.layerBits)].map((weightBits) => storedBits({ ...options, weightBits }));
  return { 8: STATISTICS_OPSET, 4: 21, 2: 25 }[Math.min(...widths) as 8 | 4 | 2];
}

/** Puts operators in the order and form that the runtime's fusions look for. */
function shapeForFusion(graph: Graph, layers: readonly Layer[]): void {
  const chosen = new Set(layers.map((layer) => layer.node));
  for (const node of [...graph.nodes]) {
    if (node.opType === 'Conv' && !chosen.has(node)) poolBeforeRelu(graph, node);
    if (node.opType === 'Gemm' && chosen.has(node) && graph.isOutput(node.output[0]!)) splitBias(graph, node);
  }
}
