import type { QuantizeOptions, Skipped } from '#contracts';
import { mulberry32 } from '#datasets';
import { cloneModel, writeModel, type Graph } from '#onnx';
import { poolBeforeRelu } from '../../rewrites/pool-before-relu.js';
import { chooseMethods, type MethodChoice } from '../calibration/choose-methods.js';
import { calibrate, type CalibratedRange, type CalibrationRun } from '../calibration/calibrate.js';
import type { Batches } from '../../calibration-data.js';
import { layerEvidence, type LayerEvidence } from '../evidence/layer-evidence.js';
import type { LayerTime } from '../evidence/layer-times.js';
import { fusionContext, giveFusibleForm } from '../emit/fusible-form.js';
import { nodeLabel } from '../../name-pattern.js';
import type { Layer } from '../layers/layers.js';
import { putOnGrids } from '../emit/grids.js';
import { knownRanges, refuseWithoutData, unknownValues } from '../calibration/known-ranges.js';
import { copyLayers } from '../layers/layered-graph.js';
import type { ActivationGrid } from '../emit/pairs.js';
import { chooseWidths, type WidthChoice, type WidthSubjects } from '../mixed/choose-widths.js';
import { unlabelledEvidence, type Evidence } from '../mixed/evidence.js';
import { placePairs } from '../emit/placement.js';
import type { Plan } from '../layers/plan.js';
import { prepareRefinements } from '../rounding/refinements.js';
import { smoothLayers } from '../rescaling/smooth.js';
import { storeAside } from '../emit/store-aside.js';
import { WeightStore, type WeightReport, type WeightStoreOptions } from '../emit/weight-store.js';
import { widthGoal } from '../mixed/width-goal.js';

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
  /** How ranges were chosen and whether biases were corrected; null where no layer is quantized. */
  methods: MethodChoice | null;
  /** With mixed: the widths taken, and what there was to choose from. */
  mixed?: WidthChoice;
  /** Layers quantized otherwise than asked for. */
  skipped: Skipped[];
}

/** Batches, and samples, on which the outputs of layers are compared at least, as far as there are so many. */
const EVIDENCE_BATCHES = 2;
const EVIDENCE_SAMPLES = 8;

/** How a run of the pass is seeded and measured. */
export interface StaticRun extends CalibrationRun {
  seed: number;
  /** What mixed precision judges widths by; the calibration batches by default. */
  evidence?: Evidence;
  /** What the result is judged on; the calibration batches, which it is fitted to, where there is none. With null its layers are not judged. */
  heldOut?: Batches | null;
  /** Size of the model's file before. */
  floatBytes?: number;
  /** Called after the weights of each layer are stored. */
  onLayer?: (done: number, total: number) => void;
}

/**
 * Quantizes the plan's model in place with uint8 activations and integer weights; ranges that the options do not give come from `data`.
 * Throws CalibrationDataError where they are wanted and null, UnknownValueError for ranges of another model.
 */
export async function quantizeStatic(
  plan: Plan,
  options: QuantizeOptions,
  data: Batches | null,
  run: StaticRun,
): Promise<StaticResult> {
  const { graph, layers } = plan;
  if (layers.length === 0) return withoutLayers(plan, options, data, run);
  if (!data) refuseWithoutData(options);
  const batches = data ?? (() => []);
  const original = layers.map(({ node }) => ({ opType: node.opType, output: node.output[0]! }));
  await shapeForFusion(graph, layers, batches);
  if (options.smoothing !== undefined) await smoothLayers(graph, layers, options.smoothing, batches, run);
  const float = copyLayers(graph, layers);
  const outputs = layers.map(({ node }, i) =>
    graph.producer(original[i]!.output) ? original[i]!.output : node.output[0]!,
  );
  const methods = await chooseMethods({ graph, layers }, options, batches, run);
  const decided = { ...options, calibration: methods.calibration, biasCorrection: methods.biasCorrection };
  const sites = placePairs(graph, layers);
  const known = knownRanges(options);
  const unknown = unknownValues([...new Set(sites.map(({ source }) => source))], known, data !== null);
  const ranges = new Map([...known, ...(await calibrate(graph.model, unknown, batches, { ...decided, ...run }))]);
  const { rounding, biases } = await prepareRefinements({ graph, layers, skipped: [] }, decided, data, run);
  const grids = putOnGrids(graph, layers, sites, ranges, options);
  const aside = storeAside(plan, options);
  const settings = { ...options, random: mulberry32(run.seed) };
  const mixed = options.mixed
    ? await mixWidths({ float, gridded: { graph, layers } }, options.mixed, settings, batches, run)
    : null;
  const store = new WeightStore(graph, settings, rounding, biases);
  const reports: LayerReport[] = [];
  for (const [i, layer] of layers.entries()) {
    const label = nodeLabel(layer.node);
    const inputSaturation = ranges.get(grids.sourceOf(layer))!.saturation;
    const report = await store.quantize(
      layer,
      layer.bits ?? mixed?.chosen.bits[label] ?? options.weightBits,
      grids.inputScaleOf(layer),
    );
    reports.push({ node: label, opType: original[i]!.opType, input: layer.input, inputSaturation, ...report });
    run.onLayer?.(reports.length, layers.length);
  }
  graph.removeDeadCode();
  const evidence =
    data && run.heldOut !== null
      ? await layerEvidence(float.graph.model, { graph, layers, aside }, outputs, firstOf(run.heldOut ?? data), run)
      : [];
  const rows = [...aside.map(({ report }) => report), ...reports];
  rows.forEach((report, i) => Object.assign(report, evidence[i]));
  const activations = [...grids.bySource].map(([value, grid]) => ({ value, ...ranges.get(value)!, ...grid }));
  return {
    layers: rows,
    activations,
    methods,
    skipped: [...store.skipped, ...rounding.skipped, ...biases.skipped],
    ...(mixed ? { mixed } : {}),
  };
}

/** Where there are no layers there is no activation to calibrate. */
async function withoutLayers(
  plan: Plan,
  options: QuantizeOptions,
  data: Batches | null,
  run: StaticRun,
): Promise<StaticResult> {
  const { graph } = plan;
  const float = cloneModel(graph.model);
  const aside = storeAside(plan, options);
  graph.removeDeadCode();
  const subject = { graph, layers: [], aside };
  const isJudged = data && aside.length > 0;
  const evidence = isJudged ? await layerEvidence(float, subject, [], firstOf(run.heldOut ?? data), run) : [];
  const layers = aside.map(({ report }, i) => ({ ...report, ...evidence[i] }));
  return { layers, activations: [], methods: null, skipped: [] };
}

async function mixWidths(
  subjects: WidthSubjects,
  mixed: NonNullable<QuantizeOptions['mixed']>,
  settings: WeightStoreOptions,
  batches: Batches,
  run: StaticRun,
): Promise<WidthChoice> {
  const { graph, layers } = subjects.gridded;
  const goal = await widthGoal(
    mixed,
    graph,
    layers,
    run.floatBytes ?? writeModel(subjects.float.graph.model).length,
    settings,
  );
  return chooseWidths(subjects, goal, settings, run.evidence ?? unlabelledEvidence(batches), {
    samples: mixed.samples,
    threads: run.threads,
  });
}

/** The first batches alone: enough to compare two models on. */
export function firstOf(batches: Batches): Batches {
  return async function* first() {
    let [count, samples] = [0, 0];
    for await (const batch of batches()) {
      if (count >= EVIDENCE_BATCHES && samples >= EVIDENCE_SAMPLES) return;
      count++;
      samples += Object.values(batch)[0]?.dims[0] ?? 1;
      yield batch;
    }
  };
}

/** Puts operators in the order and form that the runtime's fusions look for. */
async function shapeForFusion(graph: Graph, layers: readonly Layer[], batches: Batches): Promise<void> {
  const chosen = new Set(layers.map((layer) => layer.node));
  for (const node of [...graph.nodes]) if (node.opType === 'Conv' && !chosen.has(node)) poolBeforeRelu(graph, node);
  giveFusibleForm(graph, layers, await fusionContext(graph, layers, batches));
}
