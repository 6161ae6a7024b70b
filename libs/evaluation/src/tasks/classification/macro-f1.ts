import type { Resampled } from '../task.js';
import { unanswered, type ClassEvidence } from './class-evidence.js';

/**
 * The mean over classes of F1 = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall (van Rijsbergen,
 * Information Retrieval, 1979). Classes that are neither among the labels nor among the answers do not count.
 */
export const macroF1: Resampled<ClassEvidence> = {
  kind: 'resampled',
  samples: ({ labels }) => labels.length,
  work: ({ labels, width }) => labels.length + width,
  missing: unanswered,
  prepare({ labels, predicted, width }) {
    const [hits, actual, answered] = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
    return (counts) => {
      for (const sums of [hits, actual, answered]) sums.fill(0);
      for (let i = 0; i < labels.length; i++) {
        const [label, answer, count] = [labels[i] ?? 0, predicted[i] ?? 0, counts[i] ?? 0];
        actual[label] = (actual[label] ?? 0) + count;
        answered[answer] = (answered[answer] ?? 0) + count;
        if (label === answer) hits[label] = (hits[label] ?? 0) + count;
      }
      return meanF1(hits, actual, answered);
    };
  },
};

function meanF1(hits: Float64Array, actual: Float64Array, answered: Float64Array): number | undefined {
  let [sum, classes] = [0, 0];
  for (let c = 0; c < hits.length; c++) {
    const all = (actual[c] ?? 0) + (answered[c] ?? 0);
    if (all === 0) continue;
    sum += (2 * (hits[c] ?? 0)) / all;
    classes++;
  }
  return classes === 0 ? undefined : sum / classes;
}
