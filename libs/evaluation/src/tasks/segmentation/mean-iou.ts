import type { Resampled } from '../task.js';
import type { PixelEvidence } from './evidence.js';

/**
 * Pixels of a class in labels and answer over pixels of it in either, summed over all images; the mean over the classes
 * that occur (Everingham et al., The Pascal Visual Object Classes Challenge, IJCV 2015).
 */
export const meanIou: Resampled<PixelEvidence> = {
  kind: 'resampled',
  samples: ({ both, classes }) => both.length / classes,
  work: ({ both }) => 3 * both.length,
  missing({ actual, isReadable }) {
    if (actual.every((count) => count === 0)) return 'the labels leave all pixels out';
    return isReadable ? null : 'scores of some pixels are not numbers';
  },
  prepare({ classes, both, actual, answered }) {
    const [shared, covered] = [new Float64Array(classes), new Float64Array(classes)];
    const images = both.length / classes;
    return (counts) => {
      shared.fill(0);
      covered.fill(0);
      for (let image = 0; image < images; image++) {
        const count = counts[image] ?? 0;
        if (count === 0) continue;
        for (let c = 0, at = image * classes; c < classes; c++, at++) {
          shared[c] = (shared[c] ?? 0) + count * (both[at] ?? 0);
          covered[c] = (covered[c] ?? 0) + count * ((actual[at] ?? 0) + (answered[at] ?? 0) - (both[at] ?? 0));
        }
      }
      return meanRatio(shared, covered);
    };
  },
};

function meanRatio(shared: Float64Array, covered: Float64Array): number | undefined {
  const present = [...covered.keys()].filter((c) => (covered[c] ?? 0) > 0);
  if (present.length === 0) return undefined;
  const shares = present.map((c) => (shared[c] ?? 0) / (covered[c] ?? 1));
  return shares.reduce((sum, share) => sum + share, 0) / present.length;
}
