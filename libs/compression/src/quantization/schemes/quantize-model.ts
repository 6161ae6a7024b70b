import type { QuantizeOptions } from '#contracts';
import { describeSpeedup } from '#evaluation';
import { Graph, readModel, writeModel, type ModelProto } from '#onnx';
import type { Batches } from '../../calibration-data.js';
import { checkKnownRanges } from '../calibration/known-ranges.js';
import { probabilityOutputs } from '../emit/probabilities.js';
import { hasInt8DotProduct } from '../evidence/cpu.js';
import { rangeKept, rangeTaken, settleRange } from '../evidence/weight-range.js';
import { describeJudgedOn } from '../evidence/judged-on.js';
import { measureResult, NOT_MEASURED } from '../evidence/measure-result.js';
import { costliestLayers } from '../evidence/costliest-layers.js';
import { FEW_SAMPLES, warningsFor } from '../evidence/warnings.js';
import { dropExporterNotes } from '../../rewrites/exporter-notes.js';
import { withCause } from '../layers/non-finite-cause.js';
import { prepareFolded } from '../layers/prepare.js';
import type { RaisedHalves } from '../../rewrites/raise-halves.js';
import type { MeasuredResult, QuantizeReport, SchemeReport } from '../report.js';
import type { BatchesOf, QuantizationRun } from '../run.js';
import { planPrepared } from './plan-quantization.js';
import { storeHalvesAgain } from './float16.js';
import { SCHEMES } from './schemes.js';

/**
 * Quantizes a model in place as the options say, and reports every layer done and every one left alone. Scheme static
 * needs data for the ranges that the options do not give; else data only serves to compare and time the result.
 */
export async function quantizeModel(
  model: ModelProto,
  given: QuantizeOptions,
  batchesOf: BatchesOf | null,
  run: QuantizationRun,
): Promise<QuantizeReport> {
  const settled = await settleRange(given);
  const float = writeModel(model);
  const raised = await prepareFolded(model, settled);
  const options = raised ? { ...settled, ranges: rangesOf(settled, raised) } : settled;
  const plan = planPrepared(model, options);
  checkKnownRanges(settled, [new Graph(readModel(float)), plan.graph]);
  const prepared = writeModel(model);
  const batches = batchesOf && batchesOf(plan, run.work);
  const applied = await withCause(plan, batches ?? (() => []), () =>
    SCHEMES[options.scheme].apply(plan, options, batchesOf, { floatBytes: float.length, ...run }),
  );
  plan.graph.removeDeadCode();
  const notes = dropExporterNotes(plan.graph.proto);
  if (raised) storeHalvesAgain(plan.graph, raised.stored);
  const stages = { float, prepared, quantized: writeModel(model) };
  const { measured, rows } = batches
    ? await measureResult(stages, plan.graph, applied.layers, batches, run)
    : { measured: NOT_MEASURED, rows: applied.layers };
  const report = await explain({ ...applied, layers: rows }, measured, given, float, batches);
  const range =
    given.reduceRange === 'auto' ? rangeTaken(options, rows) : rangeKept(given, rows, report.int8DotProduct);
  return { ...report, verdict: joined(report.verdict, range, raised ? RAISED : '', notesLeft(notes)) };
}

const notesLeft = (bytes: number) =>
  bytes === 0 ? '' : `${bytes} bytes that the exporter noted at nodes (stack traces, scopes) are left out`;

/** What is told of a model that computed in float16. */
const RAISED =
  'layers that computed in float16 compute in float32 or integers now: inputs and outputs keep their types, and ' +
  'weights that no integers took are stored in float16 still';

/** Ranges of inputs that were cast to floats are those of the casts. */
function rangesOf({ ranges }: QuantizeOptions, { inputs }: RaisedHalves): QuantizeOptions['ranges'] {
  return ranges.map((range) => ({ ...range, value: inputs.get(range.value) ?? range.value }));
}

/** What is measured, in words: what to know before trusting the result, and what it is worth. */
async function explain(
  applied: SchemeReport,
  measured: MeasuredResult,
  options: QuantizeOptions,
  float: Uint8Array,
  batches: Batches | null,
): Promise<QuantizeReport> {
  const facts = { ...applied, ...measured, int8DotProduct: await hasInt8DotProduct() };
  const probabilities = probabilityOutputs(new Graph(readModel(float)));
  const samples = batches && (await countSamples(batches, FEW_SAMPLES));
  return {
    ...facts,
    warnings: [
      ...warningsFor(options, { ...facts, probabilities, samples }),
      ...shortfallOf(applied),
      ...expandedWeights(options, measured.expanded),
    ],
    verdict: verdictOf(facts),
  };
}

const joined = (...parts: string[]) => parts.filter((part) => part !== '').join('; ');

function verdictOf({ layers, tensors, judgedOn, outputs, speed }: SchemeReport & MeasuredResult): string {
  return [
    costliestLayers(layers, tensors),
    ...(judgedOn && outputs?.length ? [`outputs compared on ${describeJudgedOn(judgedOn)}`] : []),
    ...(speed ? [describeSpeedup(speed)] : []),
  ].join('; ');
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

/**
 * A fusion of the runtime that leaves a layer in floats: never kept quiet. Layers of 16-bit activations have a warning
 * of their own.
 */
function expandedWeights(
  { activationBits, layerActivationBits }: QuantizeOptions,
  layers: readonly string[],
): string[] {
  if (layers.length === 0 || activationBits === 16 || Object.values(layerActivationBits).includes(16)) return [];
  return [
    'the runtime does not run all layers as integers: it expands the whole weight at every run of ' +
      `${layers.join(', ')}; exclude them, or use scheme weightOnly`,
  ];
}

function shortfallOf({ mixed }: SchemeReport): string[] {
  return mixed?.shortfall ? [`mixed precision: ${mixed.shortfall}`] : [];
}
