import type { Batches } from '../../calibration-data.js';
import type { QuantizeOptions } from '#contracts';
import { Session } from '#inference';
import { elementOf, writeModel, type ModelProto, known } from '#onnx';
import { NonFiniteActivationError } from '../errors.js';
import { CalibrationDataError } from '../../errors.js';
import type { Work } from '../../work.js';
import { clippedShare, percentileRange, type Histogram } from './histogram.js';
import { leastEntropyRange, leastErrorRange } from './range-search.js';
import { histogramGraph, rangeGraph, type StatisticsGraph } from './statistics.js';
import type { ValueRange } from '../grid/arithmetic.js';

/**
 * Bins of a value's histogram: 8 per step of a uint8 grid. With counts in float64 a value costs 16 KiB, whatever the
 * samples.
 */
export const HISTOGRAM_BINS = 2048;

/** How the statistics are run, with no say in their result but for rounding. */
export interface CalibrationRun {
  threads: number;
  /** Who is told which step the work is at; walks over data tell of themselves. */
  work?: Work;
}

/** How the ranges of activations come from what was observed. */
export type RangeMethod = Exclude<QuantizeOptions['calibration'], 'auto'>;

export interface CalibrationOptions extends CalibrationRun {
  calibration: RangeMethod;
  percentile: number;
}

/** A range and the share of the calibration data, 0..1, that it clips. */
export interface CalibratedRange extends ValueRange {
  saturation: number;
}

/**
 * Ranges of the values on the data, by the chosen method. Only extrema and bin counts leave the graph, never
 * activations.
 */
export async function calibrate(
  model: ModelProto,
  values: readonly string[],
  batches: Batches,
  options: CalibrationOptions,
): Promise<Map<string, CalibratedRange>> {
  const momentum = options.calibration === 'movingAverage' ? MOMENTUM : null;
  const ranges = await measureRanges(model, values, batches, options, momentum);
  const needsHistograms = options.calibration !== 'minmax' && options.calibration !== 'movingAverage';
  return decideRanges(
    { ranges, histograms: needsHistograms ? await measureHistograms(model, ranges, batches, options) : new Map() },
    options,
  );
}

/** What was observed of values: their extrema, and how they are distributed between. */
export interface Observations {
  ranges: ReadonlyMap<string, ValueRange>;
  histograms: ReadonlyMap<string, Histogram>;
}

/** Ranges from observations, by any method but the moving average, which must be taken batch by batch. */
export function decideRanges(
  { ranges, histograms }: Observations,
  { calibration, percentile }: Pick<CalibrationOptions, 'calibration' | 'percentile'>,
): Map<string, CalibratedRange> {
  const whole = (range: ValueRange): CalibratedRange => ({ ...range, saturation: 0 });
  const decided = new Map([...ranges].map(([value, range]) => [value, whole(range)]));
  if (calibration === 'minmax' || calibration === 'movingAverage') return decided;
  for (const [value, histogram] of histograms) {
    const range = RANGE_OF[calibration](histogram, percentile);
    decided.set(value, { ...range, saturation: clippedShare(histogram, range) });
  }
  return decided;
}

/** How the histogram decides the range. */
const RANGE_OF: Record<'percentile' | 'entropy' | 'mse', (histogram: Histogram, percentile: number) => ValueRange> = {
  percentile: percentileRange,
  entropy: leastEntropyRange,
  mse: leastErrorRange,
};

/**
 * Weight of the past in the moving average of batch extrema, once it has a past: the first batches weigh as much as
 * each other.
 */
const MOMENTUM = 0.9;

/**
 * Smallest and largest element of each value over all batches, or their moving averages from batch to batch. Batches in
 * which a value has no elements say nothing of it, and one that never has any gets the range 0..0. Throws
 * NonFiniteActivationError, CalibrationDataError.
 */
export async function measureRanges(
  model: ModelProto,
  values: readonly string[],
  batches: Batches,
  options: CalibrationRun,
  momentum: number | null = null,
): Promise<Map<string, ValueRange>> {
  const ranges = emptyRanges(values);
  const batchesOf = new Map<string, number>();
  await forEachRange(model, values, batches, options, (value, low, high) => {
    const range = known(ranges, value, 'ranges');
    const before = batchesOf.get(value) ?? 0;
    batchesOf.set(value, before + 1);
    const past = momentum === null || before === 0 ? null : Math.min(momentum, before / (before + 1));
    range.min = past === null ? Math.min(range.min, low) : past * range.min + (1 - past) * low;
    range.max = past === null ? Math.max(range.max, high) : past * range.max + (1 - past) * high;
  });
  return closed(ranges);
}

function emptyRanges(values: readonly string[]): Map<string, ValueRange> {
  return new Map(values.map((value) => [value, { min: Infinity, max: -Infinity }]));
}

/** What never had an element has the range 0..0. */
function closed(ranges: Map<string, ValueRange>): Map<string, ValueRange> {
  for (const range of ranges.values()) if (range.min > range.max) Object.assign(range, { min: 0, max: 0 });
  return ranges;
}

/** Tells the extrema of each value on each batch that has elements of it. */
async function forEachRange(
  model: ModelProto,
  values: readonly string[],
  batches: Batches,
  options: CalibrationRun,
  tell: (value: string, low: number, high: number, batch: number) => void,
): Promise<void> {
  if (values.length === 0) return;
  const seen = await runStatistics(rangeGraph(model, values), batches, options, (value, [min, max, sum], batch) => {
    const [low, high, isFinite] = [Number(min![0]), Number(max![0]), Number(sum![0]) === 0];
    // The extrema of nothing are the infinities that any element would replace.
    if (low > high && isFinite) return;
    if (!isFinite) throw new NonFiniteActivationError(value, low, high);
    tell(value, low, high, batch);
  });
  if (seen === 0) throw new CalibrationDataError('the calibration split holds no sample');
}

/** A histogram of each value over its range; values that are constant on the data have none. */
export async function measureHistograms(
  model: ModelProto,
  ranges: ReadonlyMap<string, ValueRange>,
  batches: Batches,
  options: CalibrationRun,
): Promise<Map<string, Histogram>> {
  return elementOf(await countInParts(model, ranges, batches, options, 1), 0, 'parts');
}

/** The same for each part of the batches. */
async function countInParts(
  model: ModelProto,
  ranges: ReadonlyMap<string, ValueRange>,
  batches: Batches,
  options: CalibrationRun,
  count: number,
): Promise<Map<string, Histogram>[]> {
  // A range that float32 cannot divide into bins is as good as none.
  const varying = new Map(
    [...ranges].filter(([, { min, max }]) => max > min && Number.isFinite(Math.fround(HISTOGRAM_BINS / (max - min)))),
  );
  const empty = (range: ValueRange) => ({ ...range, counts: new Float64Array(HISTOGRAM_BINS) });
  const histogramsOf = () => new Map([...varying].map(([value, range]) => [value, empty(range)]));
  const parts = Array.from({ length: count }, histogramsOf);
  if (varying.size === 0) return parts;
  await runStatistics(histogramGraph(model, varying, HISTOGRAM_BINS), batches, options, (value, [counts], batch) =>
    addCounts(known(partOf(parts, batch), value, 'histograms').counts, counts!),
  );
  return parts;
}

function addCounts(total: Float64Array, counts: ArrayLike<number | bigint>): void {
  for (let bin = 0; bin < total.length; bin++) total[bin]! += Number(counts[bin]);
}

function sumOf(parts: readonly ReadonlyMap<string, Histogram>[]): Map<string, Histogram> {
  const sums = [...elementOf(parts, 0, 'parts')].map(([value, { min, max }]): [string, Histogram] => {
    const counts = new Float64Array(HISTOGRAM_BINS);
    for (const part of parts) addCounts(counts, known(part, value, 'histograms').counts);
    return [value, { min, max, counts }];
  });
  return new Map(sums);
}

/** What was observed on every part of the batches, batch i being of part i modulo their number, and on all. */
export interface PartObservations {
  parts: Observations[];
  whole: Observations;
}

/**
 * The same as {@link measureRanges} and {@link measureHistograms} on each part and on all of the data, in two walks. All
 * histograms of a value have the bins of its range on all of it. Throws as measureRanges does.
 */
export async function observeInParts(
  model: ModelProto,
  values: readonly string[],
  batches: Batches,
  options: CalibrationRun,
  count: number,
): Promise<PartObservations> {
  const tallies = Array.from({ length: count }, () => emptyRanges(values));
  await forEachRange(model, values, batches, options, (value, low, high, batch) =>
    widen(known(partOf(tallies, batch), value, 'ranges'), low, high),
  );
  const whole = emptyRanges(values);
  for (const tally of tallies)
    for (const [value, { min, max }] of tally) widen(known(whole, value, 'ranges'), min, max);
  const ranges = closed(whole);
  const counts = await countInParts(model, ranges, batches, options, count);
  return {
    parts: tallies.map((tally, part) => ({ ranges: closed(tally), histograms: partOf(counts, part) })),
    whole: { ranges, histograms: sumOf(counts) },
  };
}

const partOf = <T>(parts: readonly T[], batch: number) => elementOf(parts, batch % parts.length, 'parts');

function widen(range: ValueRange, low: number, high: number): void {
  range.min = Math.min(range.min, low);
  range.max = Math.max(range.max, high);
}

type Collect = (value: string, statistics: ArrayLike<number | bigint>[], batch: number) => void;

async function runStatistics(
  graph: StatisticsGraph,
  batches: Batches,
  options: CalibrationRun,
  collect: Collect,
): Promise<number> {
  const session = await Session.create(writeModel(graph.model), { threads: options.threads });
  const wanted = new Set(session.inputs.map((input) => input.name));
  let runs = 0;
  try {
    for await (const batch of batches()) {
      const results = await session.run(Object.fromEntries(Object.entries(batch).filter(([name]) => wanted.has(name))));
      for (const { value, outputs } of graph.fetches)
        collect(
          value,
          outputs.map((output) => results[output]!.data),
          runs,
        );
      runs++;
    }
  } finally {
    await session.release();
  }
  return runs;
}
