import type { Resampled } from '../task.js';
import type { ClassEvidence } from './class-evidence.js';

/**
 * Expected calibration error: samples in bins of equal width by the probability of their answer, and the mean over
 * samples of the distance of a bin's share of right answers from its mean probability (Guo et al., On Calibration of
 * Modern Neural Networks, 2017, equation 5).
 */
export function calibrationError(bins: number): Resampled<ClassEvidence> {
  return {
    kind: 'resampled',
    samples: ({ labels }) => labels.length,
    work: ({ labels }) => labels.length,
    missing: ({ confidence }) =>
      confidence.some((value) => !Number.isFinite(value)) ? 'scores of some samples are not finite' : null,
    prepare({ labels, predicted, confidence }) {
      const nearest = (value: number) => Math.min(bins - 1, Math.max(0, Math.ceil(value * bins) - 1));
      const binOf = Int32Array.from(confidence, nearest);
      const isRight = (i: number) => Number(labels[i] === predicted[i]);
      const gap = Float64Array.from(confidence, (value, i) => isRight(i) - value);
      const sums = new Float64Array(bins);
      return (counts) => {
        sums.fill(0);
        let total = 0;
        for (let i = 0; i < gap.length; i++) {
          const [bin, count] = [binOf[i] ?? 0, counts[i] ?? 0];
          sums[bin] = (sums[bin] ?? 0) + count * (gap[i] ?? 0);
          total += count;
        }
        return total === 0 ? undefined : sums.reduce((sum, value) => sum + Math.abs(value), 0) / total;
      };
    },
  };
}
