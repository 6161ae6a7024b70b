import type { PruneOptions } from '#contracts';

/**
 * Shares of the original that are gone after each step, the last being the ratio itself.
 *
 *     one-shot    r
 *     iterative   r · t / T
 *     gradual     r · (1 - (1 - t / T)³)    (Zhu and Gupta 2017)
 */
export function ratiosOf({ schedule, steps, ratio }: Pick<PruneOptions, 'schedule' | 'steps' | 'ratio'>): number[] {
  if (schedule === 'one-shot') return [ratio];
  const shares = Array.from({ length: steps }, (_, i) => (i + 1) / steps);
  return shares.map((share) => ratio * (schedule === 'iterative' ? share : 1 - (1 - share) ** 3));
}

/** The share of what is left that a step has to remove, when `before` of the original is gone and `after` is to be. */
export function shareOfRest(before: number, after: number): number {
  return before >= 1 ? 0 : Math.max(0, (after - before) / (1 - before));
}
