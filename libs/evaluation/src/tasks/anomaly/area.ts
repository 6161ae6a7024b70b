import { rankedArea } from '../../intervals/ranked-area.js';
import type { Resampled } from '../task.js';
import type { AnomalyEvidence } from './evidence.js';

/** Area under the ROC curve of anomalies, label 1 and above, against normal samples by their score. */
export const anomalyArea: Resampled<AnomalyEvidence> = {
  kind: 'resampled',
  samples: ({ labels }) => labels.length,
  work: ({ labels }) => 4 * labels.length,
  missing({ labels, scores }) {
    if (scores.some(Number.isNaN)) return 'scores of some samples are not numbers';
    return labels.includes(0) && labels.some((label) => label > 0) ? null : 'samples are all normal or all anomalies';
  },
  prepare: ({ labels, scores }) => rankedArea(scores, (sample) => (labels[sample] ?? 0) > 0),
};
