import { rankedArea } from '../../intervals/ranked-area.js';
import type { Resampled } from '../task.js';
import { MAX_SCORES } from './evidence.js';
import type { ClassEvidence } from './class-evidence.js';

/**
 * Area under the ROC curve of each class against the rest by its probability, mean over the classes that have samples
 * and that others have not all (Fawcett, Pattern Recognition Letters 27, 2006). Of two classes, that of class 1.
 */
export const auroc: Resampled<ClassEvidence> = {
  kind: 'resampled',
  samples: ({ labels }) => labels.length,
  work: ({ labels, width }) => 4 * labels.length * (width === 2 ? 1 : width),
  missing({ scores, labels }) {
    if (scores === null) return `there are more than ${MAX_SCORES} scores: take fewer samples`;
    if (scores.some(Number.isNaN)) return 'scores of some samples are not numbers';
    return new Set(labels).size < 2 ? 'all samples are of one class' : null;
  },
  prepare({ labels, scores, width }) {
    const distinct = [...new Set(labels)].toSorted((a, b) => a - b);
    const classes = width === 2 ? [1] : distinct;
    const areas = classes.map((c) => {
      const column = Float32Array.from(labels, (_, i) => scores?.[i * width + c] ?? NaN);
      return rankedArea(column, (sample) => labels[sample] === c);
    });
    return (counts) => {
      const known = areas.flatMap((area) => area(counts) ?? []);
      return known.length === 0 ? undefined : known.reduce((sum, area) => sum + area, 0) / known.length;
    };
  },
};
