import type { QuantizeOptions, Skipped } from '#contracts';
import type { HostTensors } from '#inference';
import { compare, speedupSign, speedupWords, type Speedup, type Verdict } from '#measurement';
import { cloneModel, elementOf, Graph, writeModel, type ModelProto } from '#onnx';
import { firstSample } from '../evidence/first-batches.js';
import { timeTogether } from '../evidence/measure-speed.js';
import type { LayerReport, QuantizeReport } from '../report.js';
import type { BatchesOf, QuantizationRun } from '../run.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import type { SlowerChoice } from './slower-choice.js';

/** The option that names the layers that compute in floats. */
type Form = 'weightsOnly' | 'exclude';

/** A model that was quantized one way. */
interface Trial {
  model: ModelProto;
  inFloats: readonly string[];
  report: QuantizeReport;
}

/**
 * Quantizes in place. Where the result is slower than the float model beyond doubt, those layers compute in floats that
 * run slower as integers, or all of them: whichever is faster than int8 beyond doubt. The report's `decided` holds the
 * options that give the same bytes without measuring.
 */
export async function quantizeUnlessSlower(
  model: ModelProto,
  given: QuantizeOptions,
  batchesOf: BatchesOf | null,
  run: QuantizationRun,
): Promise<QuantizeReport> {
  const form: Form = given.whereSlower === 'float' ? 'exclude' : 'weightsOnly';
  const attempt = async (inFloats: readonly string[]): Promise<Trial> => {
    const copy = cloneModel(model);
    const report = await quantizeModel(copy, leaving(given, form, inFloats), batchesOf, run);
    return { model: copy, inFloats, report };
  };
  const whole = await attempt([]);
  const { speed, layers } = whole.report;
  const sample = speed && LEAVES_DOUBT.has(speed.verdict) ? await sampleOf(model, batchesOf) : null;
  const int8 = sample && (await speedOf(writeModel(model), whole, sample));
  const choices = int8 && speedupSign(int8) < 0 ? choicesOf(layers) : [];
  const trials: Trial[] = [];
  for (const inFloats of choices) trials.push(await attempt(inFloats));
  const { best, speeds } = await fastest([whole, ...trials], sample ?? {});
  Object.assign(model, best.model);
  const decided = { whereSlower: NO_CLOCK, [form]: leaving(given, form, best.inFloats)[form] };
  if (!int8 || trials.length === 0) return { ...best.report, decided };
  const tried = trials.map(({ inFloats }, i) => ({ inFloats: inFloats.length, speed: elementOf(speeds, i, 'speeds') }));
  const choice: SlowerChoice = { int8, tried, inFloats: best.inFloats };
  return { ...explained(best.report, choice, layers), decided, whereSlower: choice };
}

/** By wall time, which the report has: what is not faster for sure is measured again by time of the processor. */
const LEAVES_DOUBT: ReadonlySet<Verdict> = new Set(['slower', 'inconclusive']);

/** One sample of the data, where there is any. */
async function sampleOf(model: ModelProto, batchesOf: BatchesOf | null): Promise<HostTensors | null> {
  const graph = new Graph(model);
  return batchesOf && (await firstSample(graph, batchesOf({ graph, layers: [], skipped: [] })));
}

async function speedOf(float: Uint8Array, { model }: Trial, sample: HostTensors): Promise<Speedup | null> {
  const [speed] = compare(await timeTogether([float, writeModel(model)], sample));
  return speed ?? null;
}

function leaving(given: QuantizeOptions, form: Form, inFloats: readonly string[]): QuantizeOptions {
  return { ...given, [form]: [...given[form], ...inFloats] };
}

const NO_CLOCK = 'int8' as const;

/** Layers to leave to floats: those that run slower as integers, where they are some and not all; and all. */
function choicesOf(rows: readonly LayerReport[]): string[][] {
  const integers = rows.filter(({ opType, computesIn }) => !ASIDE.has(opType) && computesIn !== 'float');
  const slower = integers.filter(isSlower);
  const isPart = slower.length > 0 && slower.length < integers.length;
  const all = integers.length > 0 ? [integers] : [];
  return [...(isPart ? [slower] : []), ...all].map((layers) => layers.map(({ node }) => node));
}

/** What no pairs stand around. */
const ASIDE: ReadonlySet<string> = new Set(['Gather', 'LSTM']);

function isSlower({ floatUs, quantizedUs }: LayerReport): boolean {
  return typeof floatUs === 'number' && typeof quantizedUs === 'number' && quantizedUs > floatUs;
}

/**
 * Of some models the last that is faster than the first, unless the one before is faster still; else the first. All are
 * timed in turn.
 */
async function fastest(trials: readonly Trial[], sample: HostTensors): Promise<{ best: Trial; speeds: Speedup[] }> {
  const first = elementOf(trials, 0, 'trials');
  if (trials.length === 1) return { best: first, speeds: [] };
  const bytes = trials.map(({ model }) => writeModel(model));
  const samplesMs = await timeTogether(bytes, sample);
  const speeds = compare(samplesMs);
  const better = trials.slice(1).filter((_trial, i) => speedupSign(elementOf(speeds, i, 'speeds')) > 0);
  const [part, all] = better.length > 1 ? better : [undefined, better[0]];
  const isPartFaster = part !== undefined && compare(samplesMs.slice(1).toReversed()).every((s) => speedupSign(s) > 0);
  return { best: (isPartFaster ? part : all) ?? first, speeds };
}

/** Says of each layer left to floats why, and of the model what was measured. */
function explained(report: QuantizeReport, choice: SlowerChoice, integers: readonly LayerReport[]): QuantizeReport {
  const { int8, inFloats } = choice;
  const reasons = new Map(
    integers.filter(({ node }) => inFloats.includes(node)).map((row) => [row.node, reasonFor(row, int8)]),
  );
  const skipped = report.skipped.map((entry): Skipped => ({
    ...entry,
    reason: reasons.get(entry.node) ?? entry.reason,
  }));
  return { ...report, skipped, verdict: `${taken(choice)}; ${report.verdict}` };
}

function taken({ int8, tried, inFloats }: SlowerChoice): string {
  const whole = `with all layers in integers the model ran ${speedupWords(int8)}`;
  const most = Math.max(...tried.map((trial) => trial.inFloats));
  if (inFloats.length === 0) return `${whole}, and no faster with ${most} of them in floats`;
  return (
    `${whole}, so ${inFloats.length} of ${most} compute in floats; the choice holds for this machine, and ` +
    'whereSlower: int8 keeps integers for a device that differs'
  );
}

function reasonFor({ floatUs, quantizedUs }: LayerReport, int8: Speedup): string {
  const times =
    typeof floatUs === 'number' && typeof quantizedUs === 'number'
      ? ` (it takes ${quantizedUs.toFixed(0)} µs in integers, ${floatUs.toFixed(0)} in floats)`
      : '';
  return `computes in floats${times}: with all layers in integers the model ran ${speedupWords(int8)}`;
}
