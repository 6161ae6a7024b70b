import type { QuantizeOptions, Skipped } from '#contracts';
import { mulberry32 } from '#datasets';
import { outputOf, type Graph, type NodeProto } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import type { CalibratedRange } from '../calibration/calibrate.js';
import { PLAIN, type MethodChoice, type Methods } from '../calibration/choose-methods.js';
import type { PairSite } from '../emit/placement.js';
import type { StoredNode } from '../emit/stored-node.js';
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
  readonly layers: Layer[];
  /** Null where there is no data set; `batches` is then empty. */
  readonly data: Batches | null;
  readonly batches: Batches;
  readonly run: QuantizationRun;
  /** What is drawn for codebooks, by the trials of widths first. */
  readonly random: () => number;
  readonly options: QuantizeOptions;
  /** What the options leave to `auto`: the plain methods until they are chosen. */
  decided: Methods;
  inWork: LayerInWork[];
  /** What the result is compared with: the graph itself until it is copied. */
  float: LayeredGraph;
  methods: MethodChoice | null;
  sites: PairSite[];
  ranges: ReadonlyMap<string, CalibratedRange>;
  refinements: Refinements;
  activations: ActivationReport[];
  aside: StoredNode[];
  mixed: WidthChoice | null;
  /** One row per node stored, in the order of the report: steps add what they find to it. */
  rows: StoredRow[];
  skipped: Skipped[];
}

/** The work before its first step. */
export function beginStatic(
  plan: Plan,
  options: QuantizeOptions,
  data: Batches | null,
  run: QuantizationRun,
): StaticWork {
  const { graph, layers } = plan;
  return {
    plan,
    graph,
    layers,
    data,
    batches: data ?? (() => []),
    run,
    random: mulberry32(run.seed),
    options,
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
    sites: [],
    ranges: new Map(),
    refinements: { rounding: new WeightRounding(), biases: new BiasCorrection(graph, null) },
    activations: [],
    aside: [],
    mixed: null,
    rows: [],
    skipped: [],
  };
}

/** What the last step leaves, for the report. */
export function staticReport({ rows, activations, methods, mixed, skipped }: StaticWork): SchemeReport {
  return {
    layers: rows.map(({ report }) => report),
    activations,
    methods,
    skipped,
    ...(mixed ? { mixed } : {}),
  };
}
