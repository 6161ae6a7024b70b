import type { QuantizeOptions } from '#contracts';
import { speedupWords, type Speedup } from '#measurement';
import { cloneModel, type ModelProto } from '#onnx';
import { MixedPrecisionError } from '../errors.js';
import { quantizeModel } from '../schemes/quantize-model.js';
import type { LayerReport, QuantizeReport } from '../report.js';
import type { BatchesOf, QuantizationRun } from '../run.js';

/** A quantized layer as the choice of float layers sees it. */
export interface FloatCandidate {
  node: string;
  /** Noise over signal that the layer adds at its own output. */
  noise: number;
  /** What leaving it float costs, microseconds; negative where float is faster. */
  extraUs: number;
}

/**
 * Results that are tried before the model stays quantized throughout: what a layer saves inside a model is not quite
 * what it takes alone.
 */
const MAX_TRIALS = 4;

/**
 * The layers to leave float within a time: those that are faster so, then the others by noise removed per microsecond,
 * passing over what no longer fits. Best first.
 */
export function chooseFloat(candidates: readonly FloatCandidate[], budgetUs: number): string[] {
  const free = candidates.filter(({ extraUs }) => extraUs <= 0);
  const costly = candidates
    .filter(({ noise, extraUs }) => extraUs > 0 && noise > 0)
    .toSorted((a, b) => b.noise / b.extraUs - a.noise / a.extraUs);
  let rest = budgetUs - free.reduce((sum, { extraUs }) => sum + extraUs, 0);
  const fitting = costly.filter(({ extraUs }) => {
    const fits = extraUs <= rest;
    if (fits) rest -= extraUs;
    return fits;
  });
  return [...free, ...fitting].map(({ node }) => node);
}

/**
 * Quantizes to int8 in place and leaves as many of the noisiest layers float as the model may take time for: `latency`
 * is a share of the float model's time, both measured here. Throws MixedPrecisionError without data to time the model
 * on.
 */
export async function quantizeWithinLatency(
  model: ModelProto,
  latency: number,
  given: QuantizeOptions,
  batches: BatchesOf | null,
  run: QuantizationRun,
): Promise<QuantizeReport> {
  const options = { ...given, mixed: undefined };
  run.work?.begin('within a latency', 1, { count: MAX_TRIALS + 1, noun: 'trial' });
  const tried = async (copy: ModelProto, as: QuantizeOptions): Promise<QuantizeReport> => {
    const work = run.work?.within();
    const report = await quantizeModel(copy, as, batches, work ? { ...run, work } : run);
    run.work?.next();
    return report;
  };
  const whole = await tried(cloneModel(model), options);
  if (!whole.speed) throw new MixedPrecisionError('latency needs a data set to time the model on');
  const { beforeMs, afterMs } = whole.speed;
  const decided = {
    ...options,
    ...(whole.methods ? { calibration: whole.methods.calibration, biasCorrection: whole.methods.biasCorrection } : {}),
  };
  const candidates = whole.layers.filter(({ opType }) => opType !== 'Gather').map(candidate);
  let left = chooseFloat(candidates, 1000 * (latency * beforeMs - afterMs));
  for (let trial = 1; ; trial++) {
    const copy = cloneModel(model);
    const report = await tried(copy, { ...decided, exclude: [...options.exclude, ...left] });
    const isMet = report.speed !== null && 1 / report.speed.speedup <= latency;
    if (isMet || left.length === 0) {
      Object.assign(model, copy);
      return explained(report, left, latency, isMet);
    }
    left = trial < MAX_TRIALS ? left.slice(0, Math.floor(left.length / 2)) : [];
  }
}

function candidate({ node, aloneSnrDb, floatUs, quantizedUs }: LayerReport): FloatCandidate {
  const noise = typeof aloneSnrDb === 'number' ? 10 ** (-aloneSnrDb / 10) : 0;
  return { node, noise, extraUs: (floatUs ?? 0) - (quantizedUs ?? 0) };
}

function explained(report: QuantizeReport, left: readonly string[], latency: number, isMet: boolean): QuantizeReport {
  const skipped = report.skipped.map((entry) =>
    left.includes(entry.node)
      ? { ...entry, reason: 'left float: it adds much noise for the time it saves, and the latency allows it' }
      : entry,
  );
  const warnings = report.speed ? latencyWarnings(report.speed, latency, isMet) : [];
  return { ...report, skipped, warnings: [...report.warnings, ...warnings] };
}

/** That a latency is out of reach, and that noise alone may have decided whether it is met. */
export function latencyWarnings(speed: Speedup, latency: number, isMet: boolean): string[] {
  const { speedup, low, high } = speed;
  const time = `${(1 / speedup).toFixed(2)} of the float model's time here`;
  const missed = `mixed precision: latency ${latency} is out of reach: int8 throughout takes ${time}`;
  const isWithinNoise = low === null || high === null || (1 / high <= latency && latency < 1 / low);
  const noise =
    `mixed precision: whether latency ${latency} is met is within noise: the model takes ${time}; ` +
    `${speedupWords(speed)}`;
  return [...(isMet ? [] : [missed]), ...(isWithinNoise ? [noise] : [])];
}
