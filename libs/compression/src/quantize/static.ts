import type { QuantizeOptions, Skipped } from '#contracts';
import { mulberry32 } from '#datasets';
import { cloneModel, Graph, writeModel, type ModelProto } from '#onnx';
import { poolBeforeRelu } from '../prepare/pool-before-relu.js';
import { splitBias } from '../prepare/split-bias.js';
import { calibrate, type Batches, type CalibratedRange, type CalibrationRun } from './calibrate.js';
import { layerEvidence, type LayerEvidence } from './layer-evidence.js';
import type { LayerTime } from './layer-times.js';
import { nodeLabel } from '../name-pattern.js';
import type { Layer } from './layers.js';
import { biasStep, insertPairs, type ActivationBits, type ActivationGrid } from './pairs.js';
import { chooseWidths, type WidthChoice, type WidthSubjects } from './choose-widths.js';
import { unlabelledEvidence, type Evidence } from './evidence.js';
import { placePairs } from './placement.js';
import type { Plan } from './plan.js';
import { prepareRefinements } from './refinements.js';
import { smoothLayers } from './smooth.js';
import { WeightStore, type WeightReport, type WeightStoreOptions } from './weight-store.js';
import { widthGoal } from './width-goal.js';

/** One quantized layer in the report. */
export interface LayerReport extends WeightReport, Partial<LayerEvidence>, Partial<LayerTime> {
  node: string;
  opType: string;
  input: string;
  /** Share of its input's values, 0..1, that the grid clips. */
  inputSaturation?: number;
}

/** One activation grid in the report. */
export interface ActivationReport extends CalibratedRange, ActivationGrid {
  value: string;
}

export interface StaticResult {
  layers: LayerReport[];
  activations: ActivationReport[];
  /** With mixed: the widths taken, and what there was to choose from. */
  mixed?: WidthChoice;
  /** Layers quantized otherwise than asked for. */
  skipped: Skipped[];
}

/** Calibration batches on which the outputs of layers are compared. */
const EVIDENCE_BATCHES = 2;

/** How a run of the pass is seeded and measured. */
export interface StaticRun extends CalibrationRun {
  seed: number;
  /** What mixed precision judges widths by; the calibration batches by default. */
  evidence?: Evidence;
  /** Size of the model's file before. */
  floatBytes?: number;
  /** Called after the weights of each layer are stored. */
  onLayer?: (done: number, total: number) => void;
}

/** Quantizes the plan's model in place with uint8 activations and integer weights; ranges come from `batches`. */
export async function quantizeStatic({ graph, layers }: Plan, options: QuantizeOptions, batches: Batches, run: StaticRun): Promise<StaticResult> {
  if (layers.length === 0) return { layers: [], activations: [], skipped: [] };
  shapeForFusion(graph, layers);
  if (options.smoothing !== undefined) await smoothLayers(graph, layers, options.smoothing, batches, run);
  const exact = cloneModel(graph.model);
  const float = sameLayers(graph, layers, exact);
  const outputs = layers.map((layer) => layer.node.output[0]!);
  const sites = placePairs(graph, layers);
  const sources = new Map(sites.map((site) => [site.value, site.source]));
  const ranges = await calibrate(graph.model, [...new Set(sources.values())], batches, { ...options, ...run });
  const { rounding, biases } = await prepareRefinements({ graph, layers, skipped: [] }, options, batches, run);
  const grids = insertPairs(graph, sites, ranges, { bits: activationWidths(layers, sources, options.activationBits), powerOfTwo: options.powerOfTwo });
  const settings = { ...options, random: mulberry32(run.seed) };
  const mixed = options.mixed ? await mixWidths({ float, gridded: { graph, layers } }, options.mixed, settings, batches, run) : null;
  const store = new WeightStore(graph, settings, rounding, biases);
  const reports: LayerReport[] = [];
  for (const layer of layers) {
    const label = nodeLabel(layer.node);
    const report = await store.quantize(layer, layer.bits ?? mixed?.chosen.bits[label] ?? options.weightBits, biasStep(grids.get(sources.get(layer.input)!)!));
    reports.push({ node: label, opType: layer.node.opType, input: layer.input, inputSaturation: ranges.get(sources.get(layer.input)!)!.saturation, ...report });
    run.onLayer?.(reports.length, layers.length);
  }
  graph.removeDeadCode();
  const evidence = await layerEvidence(exact, graph, layers, outputs, firstOf(batches), run);
  reports.forEach((report, i) => Object.assign(report, evidence[i]));
  return { layers: reports, activations: [...grids].map(([value, grid]) => ({ value, ...ranges.get(value)!, ...grid })), skipped: [...rounding.skipped, ...biases.skipped], ...(mixed ? { mixed } : {}) };
}

async function mixWidths(subjects: WidthSubjects, mixed: NonNullable<QuantizeOptions['mixed']>, settings: WeightStoreOptions, batches: Batches, run: StaticRun): Promise<WidthChoice> {
  const { graph, layers } = subjects.gridded;
  const goal = await widthGoal(mixed, graph, layers, run.floatBytes ?? writeModel(subjects.float.graph.model).length, settings);
  return chooseWidths(subjects, goal, settings, run.evidence ?? unlabelledEvidence(batches), { samples: mixed.samples, threads: run.threads });
}

/** Width of each source: that of the layers that read it, the widest where they differ, else the options'. */
function activationWidths(layers: readonly Layer[], sources: ReadonlyMap<string, string>, common: ActivationBits): (source: string) => ActivationBits {
  const widths = new Map<string, ActivationBits>();
  for (const { input, activationBits = common } of layers) {
    const source = sources.get(input)!;
    if (activationBits >= (widths.get(source) ?? 0)) widths.set(source, activationBits);
  }
  return (source) => widths.get(source) ?? common;
}

/** The layers with the nodes of a copy of their graph. */
function sameLayers(graph: Graph, layers: readonly Layer[], copy: ModelProto): WidthSubjects['float'] {
  const copied = new Graph(copy);
  return { graph: copied, layers: layers.map((layer) => ({ ...layer, node: copied.nodes[graph.nodes.indexOf(layer.node)]! })) };
}

/** The first batches alone: enough to compare two models on. */
export function firstOf(batches: Batches): Batches {
  return async function* first() {
    let count = 0;
    for await (const batch of batches()) {
      if (count++ === EVIDENCE_BATCHES) return;
      yield batch;
    }
  };
}

/** Puts operators in the order and form that the runtime's fusions look for. */
function shapeForFusion(graph: Graph, layers: readonly Layer[]): void {
  const chosen = new Set(layers.map((layer) => layer.node));
  for (const node of [...graph.nodes]) {
    if (node.opType === 'Conv' && !chosen.has(node)) poolBeforeRelu(graph, node);
    if (node.opType === 'Gemm' && chosen.has(node) && graph.isOutput(node.output[0]!)) splitBias(graph, node);
  }
}
