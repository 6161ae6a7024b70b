import type { MetricName, QualityChange, QualityInterval, Skipped } from '#contracts';
import {
  bootstrapInterval,
  bootstrapPValue,
  leastSamples,
  resamplesOf,
  type Level,
  type Statistic,
} from './intervals/bootstrap.js';
import { matchedDifference, mcnemar } from './intervals/mcnemar.js';
import { wilsonInterval } from './intervals/wilson.js';
import type { Measure, Resampled, Share } from './tasks/task.js';

/** What is asked of intervals. */
export interface IntervalSettings {
  confidence: number;
  resamples: number;
}

/** One figure of one model; `interval` is absent where none was asked for or could be had. */
export interface Figure {
  value: number;
  interval?: QualityInterval;
}

/** A metric of several models, the baseline first; undefined where a model has no such figure. */
export interface Measured<N extends string = MetricName> {
  metric: N;
  figures: (Figure | undefined)[];
  skipped: Skipped[];
}

/** Resamples are drawn alike for whatever is measured: equal models have equal figures in every job. */
const SEED = 0x5eed;

/** Additions that the resamples of one figure of one model may take, about a second. */
const MAX_WORK = 1e9;

/** Fewer resamples make no interval. */
const LEAST_RESAMPLES = 100;

/** The figure of each model, with its interval and its distance from the first where those are asked for. */
export function measureQuality<E, N extends string = MetricName>(
  metric: N,
  measure: Measure<E>,
  evidences: readonly E[],
  settings: IntervalSettings | null,
): Measured<N> {
  const reasons = evidences.map((evidence) => measure.missing?.(evidence) ?? null);
  const figures =
    measure.kind === 'share'
      ? shares(measure, evidences, reasons, settings)
      : resampled(measure, evidences, reasons, settings);
  const reason = reasons.find((text) => text !== null);
  const skipped: Skipped[] = reason ? [{ node: metric, reason: `not measured${some(reasons)}: ${reason}` }] : [];
  const isBare = settings !== null && figures.some((figure) => figure && !figure.interval);
  if (isBare && measure.kind === 'resampled')
    skipped.push({ node: metric, reason: `no interval: ${bareReason(measure, evidences, settings)}` });
  return { metric, figures, skipped };
}

/** Why a figure is missing that nothing else tells of, such as answers that are not numbers. */
const UNKNOWN = 'it comes to no number on these samples';

/** Why a figure that was measured has no interval. */
function bareReason<E>(measure: Resampled<E>, evidences: readonly E[], settings: IntervalSettings): string {
  const [first] = evidences;
  const samples = first === undefined ? 0 : measure.samples(first);
  const least = leastSamples(settings.confidence);
  if (samples === 1) return 'one sample tells nothing of how others vary';
  if (samples < least)
    return `${samples} samples tell too little of how others vary: an interval of ${percentOf(settings.confidence)} takes ${least}`;
  if (drawsOf(measure, evidences, settings) === 0)
    return 'so many samples would take too long to draw again and again; set samples, or resamples lower';
  return 'many draws of these samples have no such figure, as where a class is missing or outputs are identical';
}

/** Resamples that can be afforded; 0 where that makes no interval. */
function drawsOf<E>(measure: Resampled<E>, evidences: readonly E[], settings: IntervalSettings | null): number {
  const [first] = evidences;
  const work = Math.max(1, ...evidences.map(measure.work));
  const affordable = Math.min(settings?.resamples ?? 0, Math.floor(MAX_WORK / work));
  const samples = first === undefined ? 0 : measure.samples(first);
  const isEnough = affordable >= LEAST_RESAMPLES && settings !== null && samples >= leastSamples(settings.confidence);
  return isEnough ? affordable : 0;
}

const percentOf = (confidence: number) => `${Number((100 * confidence).toPrecision(4))} %`;

const some = (reasons: readonly (string | null)[]) =>
  reasons.every((reason) => reason !== null) ? '' : ' for all models';

/** Tells in `reasons` of models that have no figure for another one. */
function shares<E>(
  measure: Share<E>,
  evidences: readonly E[],
  reasons: (string | null)[],
  settings: IntervalSettings | null,
): (Figure | undefined)[] {
  const hits = evidences.map((evidence, m) => (reasons[m] === null ? measure.hits(evidence) : null));
  return evidences.map((evidence, m) => {
    const own = hits[m];
    if (!own) return undefined;
    const whole = measure.whole?.(evidence) ?? 1;
    const right = own.filter((hit) => hit === 1).length;
    const count = own.filter((hit) => hit >= 0).length;
    if (count === 0) reasons[m] ??= UNKNOWN;
    if (count === 0) return undefined;
    const value = (whole * right) / count;
    if (!settings) return { value };
    const { confidence } = settings;
    const { low, high } = wilsonInterval(right, count, confidence);
    const baseline = m === 0 ? null : hits[0];
    const change = baseline ? { change: pairedShares(baseline, own, { whole, confidence }) } : {};
    const ends = { low: whole * low, high: whole * high, confidence };
    return { value, interval: { ...ends, method: 'wilson', samples: count, ...change } };
  });
}

function pairedShares(
  before: Int8Array,
  after: Int8Array,
  { whole, confidence }: { whole: number; confidence: number },
): QualityChange {
  let [lost, won, count] = [0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    const [was, is] = [before[i] ?? -1, after[i] ?? -1];
    if (was < 0 || is < 0) continue;
    count++;
    if (was > is) lost++;
    if (was < is) won++;
  }
  const { low, high } = matchedDifference({ lost, won, count }, confidence);
  const difference = (whole * (won - lost)) / count;
  const pValue = mcnemar({ lost, won, count });
  return { difference, low: whole * low, high: whole * high, pValue, test: 'mcnemar' };
}

/** Tells in `reasons` of models that have no figure for another one; one without bound, as of no noise, is none and has none. */
function resampled<E>(
  measure: Resampled<E>,
  evidences: readonly E[],
  reasons: (string | null)[],
  settings: IntervalSettings | null,
): (Figure | undefined)[] {
  const [first] = evidences;
  const samples = first === undefined ? 0 : measure.samples(first);
  const once = new Uint32Array(samples).fill(1);
  const statistics = evidences.map((evidence, m) => (reasons[m] === null ? measure.prepare(evidence) : null));
  const values = statistics.map((statistic) => statistic?.(once));
  const draws = drawsOf(measure, evidences, settings);
  const drawnOf = drawFigures(statistics, samples, draws);
  return values.map((value, m) => {
    if (value === undefined || Number.isNaN(value)) reasons[m] ??= UNKNOWN;
    if (value === undefined || !Number.isFinite(value)) return undefined;
    if (!settings || draws === 0) return { value };
    const { confidence } = settings;
    const own = drawnOf[m] ?? new Float64Array(0);
    const before = m === 0 ? undefined : values[0];
    const change =
      before === undefined ? {} : pairedDraws(value - before, drawnOf[0] ?? own, own, { confidence, samples });
    const known = own.filter((drawn) => !Number.isNaN(drawn));
    if (known.length < LEAST_RESAMPLES) return { value };
    const { low, high } = bootstrapInterval(value, known, { confidence, samples });
    // An end without bound, as of a ratio to no noise at all.
    if (!Number.isFinite(low) || !Number.isFinite(high)) return { value };
    return { value, interval: { low, high, confidence, method: 'bootstrap', samples, ...change } };
  });
}

/** The figures of every model on the same resamples; NaN where those give none. */
function drawFigures(statistics: readonly (Statistic | null)[], samples: number, draws: number): Float64Array[] {
  const drawn = statistics.map(() => new Float64Array(draws));
  let r = 0;
  for (const counts of resamplesOf(samples, draws, SEED)) {
    statistics.forEach((statistic, m) => {
      const own = drawn[m];
      if (own) own[r] = statistic?.(counts) ?? NaN;
    });
    r++;
  }
  return drawn;
}

function pairedDraws(
  difference: number,
  before: Float64Array,
  after: Float64Array,
  level: Level,
): { change?: QualityChange } {
  const differences = after.map((value, r) => value - (before[r] ?? NaN)).filter(Number.isFinite);
  if (differences.length < LEAST_RESAMPLES) return {};
  const interval = bootstrapInterval(difference, differences, level);
  const pValue = bootstrapPValue(differences, level.samples);
  return { change: { difference, ...interval, pValue, test: 'paired bootstrap' } };
}
