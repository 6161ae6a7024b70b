import type { Ratio, Speedup, Verdict } from './ratio.js';
import { reasonFor } from './reason.js';
import { pairRatios } from './precision.js';
import { CONFIDENCE, medianInterval } from './rank-interval.js';
import { driftOf } from './steadiness.js';

export interface CompareOptions {
  equalWithin?: number;
  confidence?: number;
}

/** Differences below 2 % come from where a session's memory lies as much as from the model. */
export const EQUAL_WITHIN = 0.02;

/**
 * Compares each candidate with the baseline, which is the first, from samples taken by blocks. Of m candidates each
 * gets an interval of level 1 - 0.05 / m (Bonferroni), so that 95 % is the chance that all verdicts are right, not
 * each.
 */
export function compare(samplesMs: readonly (readonly number[])[], options: CompareOptions = {}): Speedup[] {
  const [before = [], ...candidates] = samplesMs;
  return candidates.map((after) => compareOne(before, after, candidates.length, options));
}

/** The figures of pairs of times [before, after] in ms. */
export function summarizePairs(pairs: readonly (readonly [number, number])[], options: CompareOptions = {}): Speedup {
  const [before, after] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
  return compareOne(before, after, 1, options);
}

function compareOne(
  before: readonly number[],
  after: readonly number[],
  comparisons: number,
  { equalWithin = EQUAL_WITHIN, confidence = CONFIDENCE }: CompareOptions,
): Speedup {
  const ratios = pairRatios(before, after);
  const { median, low, high } = medianInterval(ratios, 1 - (1 - confidence) / comparisons);
  const figures = {
    beforeMs: medianInterval(before).median,
    afterMs: medianInterval(after).median,
    speedup: median,
    low,
    high,
    pairs: ratios.length,
    equalWithin,
    confidence,
    comparisons,
  };
  const verdict = verdictOf(figures, ratios);
  return { ...figures, verdict, reason: verdict === 'inconclusive' ? reasonFor(figures, before, after) : null };
}

/**
 * Equal comes first: a difference that is certain but too small to matter is none. A difference of about the size that
 * matters is not called either.
 */
function verdictOf({ speedup, low, high, equalWithin }: Ratio, ratios: readonly number[]): Verdict {
  if (low === null || high === null) return 'inconclusive';
  const [least, most] = [1 / (1 + equalWithin), 1 + equalWithin];
  const verdict =
    low >= least && high <= most
      ? 'equal'
      : low > 1 && speedup > most
        ? 'faster'
        : high < 1 && speedup < least
          ? 'slower'
          : 'inconclusive';
  return contradicts(driftOf(ratios), verdict, least, most) ? 'inconclusive' : verdict;
}

/** Whether the ratio moved so that one end of the measurement would have been judged otherwise. */
function contradicts(drift: ReturnType<typeof driftOf>, verdict: Verdict, least: number, most: number): boolean {
  if (!drift) return false;
  const ends = [drift.first.median, drift.last.median];
  if (verdict === 'faster') return Math.min(...ends) <= most;
  if (verdict === 'slower') return Math.max(...ends) >= least;
  return ends.some((ratio) => ratio < least || ratio > most);
}
