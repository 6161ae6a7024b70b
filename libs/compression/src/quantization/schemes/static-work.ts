import type { QuantizeOptions, Skipped } from '#contracts';
import { seededRandom } from '#numbers';
import { outputOf, type Graph, type NodeProto } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import type { CalibratedRange, Observations } from '../calibration/calibrate.js';
import { noEncodings, Unused, type KnownEncodings } from '../calibration/known-encodings.js';
import { writtenEncodings, type WrittenWeight } from '../calibration/written-encodings.js';
import { PLAIN, type MethodChoice, type Methods } from '../calibration/choose-methods.js';
import type { PairSite } from '../emit/placement.js';
import type { StoredNode } from '../emit/stored-node.js';
import type { TiedMatrices } from '../emit/tied-matrix.js';
import type { LayeredGraph } from '../layers/layered-graph.js';
import type { Layer } from '../layers/layers.js';
import type { Plan } from '../layers/plan.js';
import type { WidthChoice } from '../mixed/choose-widths.js';
import type { ActivationReport, LayerReport, SchemeReport } from '../report.js';
import { BiasCorrection } from '../rounding/bias-correction.js';
import type { Refinements } from '../rounding/refinements.js';
import { WeightRounding } from '../rounding/rounding.js';
import type { QuantizationRun } from '../run.js';

/** A layer on its way through the steps. */
export interface LayerInWork {
  layer: Layer;
  /** Its operator in the model as it came. */
  opType: string;
  /** Its float output, by a name that the float model has too. */
  output: string;
  /** The scale of what it reads, and the share of it that the grid clips; NaN ahead of the grids. */
  inputScale: number;
  inputSaturation: number;
}

/** A row of the report and the node that it is of. */
export interface StoredRow {
  node: NodeProto;
  report: LayerReport;
}

/** What the steps of static quantization share: given once, then what each leaves for those behind it. */
export interface StaticWork {
  readonly plan: Plan;
  readonly graph: Graph;
  /** Those that compute in integers. */
  readonly layers: Layer[];
  /** Those that store their weights as integers and compute in floats. */
  readonly weightsOnly: Layer[];
  /** Null where there is no data set; `batches` is then empty. */
  readonly data: Batches | null;
  readonly batches: Batches;
  readonly run: QuantizationRun;
  /** What is drawn for codebooks, by the trials of widths first. */
  readonly random: () => number;
  readonly options: QuantizeOptions;
  /** Grids that another quantizer gave, and what of them came to no use. */
  readonly encodings: KnownEncodings;
  readonly unusedEncodings: Unused;
  /** What the options leave to `auto`: the plain methods until they are chosen. */
  decided: Methods;
  inWork: LayerInWork[];
  /** What the result is compared with: the graph itself until it is copied. */
  float: LayeredGraph;
  methods: MethodChoice | null;
  /** What choosing them observed of activations; null where nothing was tried. */
  observed: Observations | null;
  sites: PairSite[];
  ranges: ReadonlyMap<string, CalibratedRange>;
  refinements: Refinements;
  activations: ActivationReport[];
  aside: StoredNode[];
  /** Weights that tables read too. */
  readonly matrices: TiedMatrices;
  mixed: WidthChoice | null;
  /** One row per node stored, in the order of the report: steps add what they find to it. */
  rows: StoredRow[];
  skipped: Skipped[];
  /** The weights of integer layers with their scales, for the file of encodings. */
  written: readonly WrittenWeight[];
}

/** The work before its first step. */
export function beginStatic(
  plan: Plan,
  options: QuantizeOptions,
  data: Batches | null,
  run: QuantizationRun,
): StaticWork {
  const { graph } = plan;
  const layers = plan.layers.filter(({ isWeightsOnly }) => !isWeightsOnly);
  return {
    plan,
    graph,
    layers,
    weightsOnly: plan.layers.filter(({ isWeightsOnly }) => isWeightsOnly),
    data,
    batches: data ?? (() => []),
    run,
    random: seededRandom(run.seed),
    options,
    encodings: plan.encodings ?? noEncodings(),
    unusedEncodings: new Unused(),
    inWork: layers.map((layer) => ({
      layer,
      opType: layer.node.opType,
      output: outputOf(layer.node),
      inputScale: NaN,
      inputSaturation: NaN,
    })),
    float: { graph, layers },
    decided: PLAIN,
    methods: null,
    observed: null,
    sites: [],
    ranges: new Map(),
    refinements: { rounding: new WeightRounding(), biases: new BiasCorrection(graph, null) },
    activations: [],
    aside: [],
    matrices: new Map(),
    mixed: null,
    rows: [],
    skipped: [],
    written: [],
  };
}

/** What the last step leaves, for the report. */
export function staticReport({ rows, activations, methods, mixed, skipped, written }: StaticWork): SchemeReport {
  return {
    layers: rows.map(({ report }) => report),
    activations,
    methods,
    encodings: writtenEncodings(activations, written),
    skipped,
    ...(mixed ? { mixed } : {}),
  };
}
