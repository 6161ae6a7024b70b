import { medianInterval, relativeWidth } from './rank-interval.js';

/**
 * Whether the medians of all subjects, and of their ratios to the first one block by block, are known to within a share
 * of themselves.
 */
export function isPrecise(samplesMs: readonly (readonly number[])[], within: number): boolean {
  const [baseline = [], ...others] = samplesMs;
  const ratios = others.map((samples) => pairRatios(baseline, samples));
  return [...samplesMs, ...ratios].every((values) => relativeWidth(medianInterval(values)) <= within);
}

/** Time before over time after, block by block. */
export function pairRatios(before: readonly number[], after: readonly number[]): number[] {
  return before.slice(0, after.length).map((ms, block) => ms / (after[block] ?? NaN));
}
