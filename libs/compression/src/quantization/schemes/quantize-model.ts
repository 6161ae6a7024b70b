import type { QuantizeOptions, Skipped } from '#contracts';
import { describeSpeedup, type OutputQuality, type Speedup } from '#evaluation';
import type { HostTensor, HostTensors } from '#inference';
import { Graph, readModel, valueDims, writeModel, liftOpset, type ModelProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { foldConstants } from '../../rewrites/fold-constants.js';
import type { Batches } from '../../calibration-data.js';
import type { MethodChoice } from '../calibration/choose-methods.js';
import { hasInt8DotProduct } from '../evidence/cpu.js';
import { quantizeDynamic } from './dynamic.js';
import { storeFloat16, type StoredTensor } from './float16.js';
import type { WidthChoice } from '../mixed/choose-widths.js';
import { checkKnownRanges, refuseWithoutData } from '../calibration/known-ranges.js';
import { layerTimes, type ModelTimes } from '../evidence/layer-times.js';
import { withCause } from '../layers/non-finite-cause.js';
import { describeJudgedOn, type JudgedOn } from '../evidence/judged-on.js';
import { compareOutputs } from '../evidence/output-check.js';
import { neededOpset, planQuantization, type Plan } from '../layers/plan.js';
import { probabilityOutputs } from '../emit/probabilities.js';
import { prepareRefinements } from '../rounding/refinements.js';
import { storeAside } from '../emit/store-aside.js';
import { smoothLayers } from '../rescaling/smooth.js';
import { firstOf, quantizeStatic, type ActivationReport, type LayerReport, type StaticRun } from './static.js';
import { costliestLayers, FEW_SAMPLES, measureSpeed, warningsFor } from '../evidence/verdict.js';
import { quantizeWeights } from './weight-only.js';

/** What a scheme did, for the report. */
export interface QuantizeReport {
  layers: LayerReport[];
  /** From scheme static: the calibrated grids. */
  activations?: ActivationReport[];
  /** From scheme static: how ranges were chosen and whether biases were corrected, and what was tried for it. */
  methods?: MethodChoice | null;
  /** From mixed: the widths taken, and what there was to choose from. */
  mixed?: WidthChoice;
  /** From scheme float16: the tensors it stored. */
  tensors?: StoredTensor[];
  skipped: Skipped[];
  /** How near each floating-point output comes to the float model's on calibration data; null without data. */
  outputs: OutputQuality[] | null;
  /** The least signal to noise that an output keeps, dB: null when all are identical, undefined when not measured or without value. */
  outputSnrDb: number | null | undefined;
  /** The samples that outputs were compared on, and how the least and the most of them came out; null without data. */
  judgedOn: JudgedOn | null;
  /** Time of what belongs to no layer, microseconds, beside the layers' own; null where they have none. */
  otherUs: ModelTimes['other'] | null;
  /** Layers whose stored weight the runtime expands to floats at every run. */
  expanded: string[];
  /** Whether the machine that measured has int8 dot products (VNNI); null where that is unknown. */
  int8DotProduct: boolean | null;
  /** Against the float model, where there was data to run both on. */
  speed: Speedup | null;
  warnings: string[];
  verdict: string;
}

type SchemeReport = Omit<
  QuantizeReport,
  'outputs' | 'outputSnrDb' | 'judgedOn' | 'otherUs' | 'expanded' | 'int8DotProduct' | 'speed' | 'warnings' | 'verdict'
>;

/** Calibration data of a plan's model, asked for by the schemes that need some. */
export type BatchesOf = (plan: Plan) => Batches;

type Scheme = (
  plan: Plan,
  options: QuantizeOptions,
  batches: BatchesOf | null,
  run: StaticRun,
) => Promise<SchemeReport>;

/** What each scheme does to the plan's model; to add one: its file, its line here, its name in the options. */
const SCHEMES: Record<QuantizeOptions['scheme'], Scheme> = {
  static: async (plan, options, batches, run) => {
    const result = await quantizeStatic(plan, options, batches && batches(plan), run);
    return { ...result, skipped: [...plan.skipped, ...result.skipped] };
  },
  dynamic: async (plan, options, batches, run) => {
    if (options.smoothing !== undefined) await smooth(plan, options.smoothing, batches, run);
    const { biases } = await prepareRefinements(plan, options, batches && batches(plan), run);
    const layers = quantizeDynamic(plan.graph, plan.layers, options, biases);
    return { layers: [...rowsAside(plan, options), ...layers], skipped: [...plan.skipped, ...biases.skipped] };
  },
  weightOnly: async (plan, options, batches, run) => {
    const { rounding, biases } = await prepareRefinements(plan, options, batches && batches(plan), run);
    const layers = await quantizeWeights(plan.graph, plan.layers, options, run, rounding, biases);
    return {
      layers: [...rowsAside(plan, options), ...layers],
      skipped: [...plan.skipped, ...rounding.skipped, ...biases.skipped],
    };
  },
  float16: async ({ graph, skipped }) => {
    const stored = storeFloat16(graph);
    return { layers: [], tensors: stored.tensors, skipped: [...skipped, ...stored.skipped] };
  },
};

/** Schemes without calibration store last what is no layer. */
function rowsAside(plan: Plan, options: QuantizeOptions): LayerReport[] {
  return storeAside(plan, options).map(({ report }) => report);
}

/** Smoothing for a scheme that needs no data otherwise. */
async function smooth(plan: Plan, alpha: number, batches: BatchesOf | null, run: StaticRun): Promise<void> {
  if (!batches) return refuseWithoutData({ smoothing: alpha });
  await smoothLayers(plan.graph, plan.layers, alpha, batches(plan), run);
}

/**
 * Quantizes a model in place as the options say, and reports every layer done and every one left alone. Scheme static needs
 * data for the ranges that the options do not give; else data only serves to compare and time the result.
 */
export async function quantizeModel(
  model: ModelProto,
  options: QuantizeOptions,
  batches: BatchesOf | null,
  run: StaticRun,
): Promise<QuantizeReport> {
  const float = writeModel(model);
  await foldBeforePlanning(model, options);
  const plan = planQuantization(model, options);
  checkKnownRanges(options, [new Graph(readModel(float)), plan.graph]);
  const prepared = writeModel(model);
  const report = await withCause(plan, batches ? batches(plan) : () => [], () =>
    SCHEMES[options.scheme](plan, options, batches, { floatBytes: float.length, ...run }),
  );
  plan.graph.removeDeadCode();
  const measured = batches
    ? await measure({ float, prepared, quantized: writeModel(model) }, plan.graph, report.layers, batches(plan), run)
    : NOT_MEASURED;
  const facts = { ...report, ...measured, int8DotProduct: await hasInt8DotProduct() };
  const probabilities = probabilityOutputs(new Graph(readModel(float)));
  const samples = batches && (await countSamples(batches(plan), FEW_SAMPLES));
  return {
    ...facts,
    warnings: [
      ...warningsFor(options, { ...facts, probabilities, samples }),
      ...shortfallOf(report),
      ...expandedWeights(options, measured.expanded),
    ],
    verdict: [
      costliestLayers(report.layers, report.tensors),
      ...(facts.judgedOn && facts.outputs?.length ? [`outputs compared on ${describeJudgedOn(facts.judgedOn)}`] : []),
      ...(facts.speed ? [describeSpeedup(facts.speed)] : []),
    ].join('; '),
  };
}

/** Samples of the batches, as far as `enough`. */
async function countSamples(batches: Batches, enough: number): Promise<number> {
  let count = 0;
  for await (const batch of batches()) {
    count += Object.values(batch)[0]?.dims[0] ?? 1;
    if (count >= enough) return enough;
  }
  return count;
}

/** Weights that are computed from constants become layers' weights like any other. */
async function foldBeforePlanning(model: ModelProto, options: QuantizeOptions): Promise<void> {
  liftOpset(model, neededOpset(options));
  liftConstants(new Graph(model));
  await foldConstants(new Graph(model));
}

const NOT_MEASURED = {
  outputs: null,
  outputSnrDb: undefined,
  judgedOn: null,
  otherUs: null,
  expanded: [],
  speed: null,
};

/** The same model before, made ready for quantizing, and after. */
interface Stages {
  float: Uint8Array;
  prepared: Uint8Array;
  quantized: Uint8Array;
}

async function measure(
  { float, prepared, quantized }: Stages,
  graph: Graph,
  layers: LayerReport[],
  batches: Batches,
  { heldOut, threads }: StaticRun,
): Promise<Pick<QuantizeReport, 'outputs' | 'outputSnrDb' | 'judgedOn' | 'otherUs' | 'expanded' | 'speed'>> {
  const judge = firstOf(heldOut ?? batches);
  const { outputs, spread } = await compareOutputs(float, quantized, judge, threads);
  const judgedOn = spread.judgedOn(Boolean(heldOut));
  const outputSnrDb = leastOf(outputs);
  const sample = await firstSample(graph, batches);
  if (!sample) return { outputs, outputSnrDb, judgedOn, otherUs: null, expanded: [], speed: null };
  const times = layers.length > 0 ? await layerTimes(prepared, quantized, layers, sample) : null;
  layers.forEach((layer, i) => Object.assign(layer, times?.layers[i]));
  return {
    outputs,
    outputSnrDb,
    judgedOn,
    otherUs: times?.other ?? null,
    expanded: times?.expanded ?? [],
    speed: await measureSpeed(float, quantized, sample),
  };
}

/** Undefined where an output has no figure: nothing can be said of all of them then. */
function leastOf(outputs: readonly OutputQuality[]): number | null | undefined {
  if (outputs.length === 0 || outputs.some(({ snrDb }) => snrDb === undefined)) return undefined;
  const figures = outputs.flatMap(({ snrDb }) => (typeof snrDb === 'number' ? [snrDb] : []));
  return figures.length === 0 ? null : Math.min(...figures);
}

/** A fusion of the runtime that leaves a layer in floats: never kept quiet. Layers of 16-bit activations have a warning of their own. */
function expandedWeights(
  { activationBits, layerActivationBits }: QuantizeOptions,
  layers: readonly string[],
): string[] {
  if (layers.length === 0 || activationBits === 16 || Object.values(layerActivationBits).includes(16)) return [];
  return [
    `the runtime does not run all layers as integers: it expands the whole weight at every run of ${layers.join(', ')}; exclude them, or use scheme weightOnly`,
  ];
}

function shortfallOf({ mixed }: SchemeReport): string[] {
  return mixed?.shortfall ? [`mixed precision: ${mixed.shortfall}`] : [];
}

/** One sample of the first batch, or the whole batch where the model fixes its size. */
async function firstSample(graph: Graph, batches: Batches): Promise<HostTensors | null> {
  const isFixed = graph.inputs.some((input) => typeof valueDims(input)?.[0] === 'number');
  for await (const batch of batches())
    return isFixed
      ? batch
      : Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, firstRow(tensor)]));
  return null;
}

function firstRow(tensor: HostTensor): HostTensor {
  const dims = [1, ...tensor.dims.slice(1)];
  return {
    ...tensor,
    dims,
    data: tensor.data.slice(
      0,
      dims.reduce((product, dim) => product * dim, 1),
    ),
  } as HostTensor;
}
