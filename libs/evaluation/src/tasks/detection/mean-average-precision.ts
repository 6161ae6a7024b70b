import type { Resampled } from '../task.js';
import { averagePrecision, rankClasses } from './average-precision.js';
import type { DetectionEvidence } from './evidence.js';

/** 0.5, 0.55, ... 0.95, as COCO averages over. */
export const COCO_THRESHOLDS = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);

/**
 * Average precision, mean over the classes of the labels and the thresholds of IoU (COCO, all areas, all boxes that are
 * left).
 */
export function meanAveragePrecision(thresholds: readonly number[]): Resampled<DetectionEvidence> {
  return {
    kind: 'resampled',
    samples: ({ images }) => images.length,
    work: ({ images }) => 4 * thresholds.length * images.reduce((sum, { found }) => sum + found.length + 1, 0),
    missing({ images, isUnscaled, isReadable }) {
      if (!isReadable) return 'scores or corners of some boxes are not numbers';
      if (images.every(({ truths }) => truths.every(({ isCrowd }) => isCrowd))) return 'the labels name no object';
      return isUnscaled
        ? 'scores lie above 1: say whether they are logits, by detection: { softmax } or { sigmoid }'
        : null;
    },
    prepare(evidence) {
      const classes = rankClasses(evidence, thresholds);
      return (counts) => {
        const figures = classes.flatMap((ranked) =>
          thresholds.flatMap((_, t) => averagePrecision(ranked, t, counts) ?? []),
        );
        return figures.length === 0 ? undefined : figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
      };
    },
  };
}
