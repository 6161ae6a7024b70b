import { percentile } from './percentile.js';
import { medianInterval, type MedianInterval } from './rank-interval.js';

/** The first and the last third of a series, where the intervals of their medians do not meet; else null. */
export function driftOf(ratios: readonly number[]): { first: MedianInterval; last: MedianInterval } | null {
  const third = Math.floor(ratios.length / 3);
  const first = medianInterval(ratios.slice(0, third), DRIFT_CONFIDENCE);
  const last = medianInterval(ratios.slice(ratios.length - third), DRIFT_CONFIDENCE);
  if (first.low === null || first.high === null || last.low === null || last.high === null) return null;
  return first.high < last.low || last.high < first.low ? { first, last } : null;
}

/** Two intervals of this level that do not meet come by chance in far less than one series of a hundred. */
const DRIFT_CONFIDENCE = 0.98;

/** Medians of the two groups that times fall into; null where they form one. */
export function twoGroups(samplesMs: readonly number[]): [number, number] | null {
  const sorted = samplesMs.map(Math.log).toSorted((a, b) => a - b);
  const cut = bestCut(sorted);
  const smaller = Math.min(cut.at, sorted.length - cut.at);
  if (cut.share < GROUPS_SHARE || smaller < SMALLEST_GROUP * sorted.length) return null;
  const low = percentile(sorted.slice(0, cut.at), 50);
  const high = percentile(sorted.slice(cut.at), 50);
  return high - low < LEAST_GAP ? null : [Math.exp(low), Math.exp(high)];
}

/**
 * Share of the variance that lies between the groups: 0.64 for the halves of a normal distribution, 0.75 of an even
 * one.
 */
const GROUPS_SHARE = 0.85;
const SMALLEST_GROUP = 0.15;
/** Groups closer than 5 % make no difference worth a word. */
const LEAST_GAP = 0.05;

/**
 * The cut of sorted values that leaves the least variance within the two parts (Otsu 1979), and the share that lies
 * between them.
 */
function bestCut(sorted: readonly number[]): { at: number; share: number } {
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const total = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let best = { at: 0, share: 0 };
  let sum = 0;
  for (let at = 1; at < sorted.length; at++) {
    sum += (sorted[at - 1] ?? 0) - mean;
    const share = total > 0 ? (sum * sum * sorted.length) / (at * (sorted.length - at)) / total : 0;
    if (share > best.share) best = { at, share };
  }
  return best;
}

/** The middle half of a series of ratios spans this share of their median. */
export function spreadOf(ratios: readonly number[]): number {
  return (percentile(ratios, 75) - percentile(ratios, 25)) / percentile(ratios, 50);
}
