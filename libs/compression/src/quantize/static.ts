import type { PassOptions, Skipped } from '#contracts';
import { Graph, type ModelProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import { requireOpset } from '../prepare/opset.js';
import { poolBeforeRelu } from '../prepare/pool-before-relu.js';
import { splitBias } from '../prepare/split-bias.js';
import type { AffineGrid, Range } from './arithmetic.js';
import { calibrate, type Batches, type CalibrationRun } from './calibrate.js';
import { insertPairs, WeightStore, type WeightReport } from './insert.js';
import { nodeLabel, selectLayers, type Layer } from './layers.js';
import { placePairs } from './placement.js';
import { STATISTICS_OPSET } from './statistics.js';

/** One quantized layer in the report. */
export interface LayerReport extends WeightReport {
  node: string;
  opType: string;
  bits: number;
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

/** Largest magnitude of a stored weight: two products of ±64 by 255 fit the int16 lanes that kernels without VNNI add them in. */
const WEIGHT_LIMIT = { full: 127, reduced: 64 };

/** Quantizes the model in place with uint8 activations and int8 weights; ranges come from `batches`. */
export async function quantizeStatic(model: ModelProto, options: PassOptions<'quantize'>, batches: Batches, run: CalibrationRun): Promise<StaticResult> {
  const graph = new Graph(model);
  liftConstants(graph);
  const { layers, skipped } = selectLayers(graph, options);
  if (layers.length === 0) return { layers: [], activations: [], skipped };
  requireOpset(graph, STATISTICS_OPSET, 'static quantization');
  shapeForFusion(graph, layers);
  const sites = placePairs(graph, layers);
  const sources = new Map(sites.map((site) => [site.value, site.source]));
  const ranges = await calibrate(model, [...new Set(sources.values())], batches, { ...options, ...run });
  const grids = insertPairs(graph, sites, ranges);
  const store = new WeightStore(graph, { perChannel: options.perChannel, limit: options.reduceRange ? WEIGHT_LIMIT.reduced : WEIGHT_LIMIT.full });
  const reports = layers.map((layer) => reportLayer(layer, options.weightBits, store.quantize(layer, grids.get(sources.get(layer.input)!)!.scale)));
  graph.removeDeadCode();
  return { layers: reports, activations: [...grids].map(([value, grid]) => ({ value, ...ranges.get(value)!, ...grid })), skipped };
}

/** Puts operators in the order and form that the runtime's fusions look for. */
function shapeForFusion(graph: Graph, layers: readonly Layer[]): void {
  const chosen = new Set(layers.map((layer) => layer.node));
  for (const node of [...graph.nodes]) {
    if (node.opType === 'Conv' && !chosen.has(node)) poolBeforeRelu(graph, node);
    if (node.opType === 'Gemm' && chosen.has(node) && graph.isOutput(node.output[0]!)) splitBias(graph, node);
  }
}

function reportLayer({ node, input }: Layer, bits: number, weight: WeightReport): LayerReport {
  return { node: nodeLabel(node), opType: node.opType, bits, input, ...weight };
}
