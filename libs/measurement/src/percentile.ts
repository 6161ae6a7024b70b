import { MeasurementError } from './errors.js';

/**
 * The `q`-th percentile (0..100) of some samples, interpolated linearly between the two closest ranks: Hyndman and
 * Fan's definition 7, the default of NumPy and R. The samples may be in any order.
 */
export function percentile(samples: readonly number[], q: number): number {
  if (samples.length === 0 || !(q >= 0 && q <= 100)) {
    throw new MeasurementError(
      'percentile',
      `a percentile needs samples and 0 <= q <= 100, got ${samples.length} samples and q = ${q}`,
    );
  }
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = ((sorted.length - 1) * q) / 100;
  const low = sorted[Math.floor(rank)]!;
  const high = sorted[Math.ceil(rank)]!;
  return low + (high - low) * (rank - Math.floor(rank));
}
