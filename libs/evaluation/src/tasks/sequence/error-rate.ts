import type { Resampled } from '../task.js';
import { ratioOfSums } from '../weighted-mean.js';
import type { EditEvidence } from './evidence.js';

const unreadable = ({ isReadable }: EditEvidence) => (isReadable ? null : 'scores of some samples are not numbers');

const common = {
  kind: 'resampled' as const,
  samples: ({ edits }: EditEvidence) => edits.length,
  work: ({ edits }: EditEvidence) => edits.length,
};

/** Edits over symbols of the labels, summed over all samples: the character error rate where symbols are characters. */
export const errorRate: Resampled<EditEvidence> = {
  ...common,
  missing: (evidence) =>
    evidence.symbols.every((count) => count === 0) ? 'all labels are empty' : unreadable(evidence),
  prepare: ({ edits, symbols }) => ratioOfSums(edits, symbols),
};

/** Edits of a sample, in the mean. */
export const meanEdits: Resampled<EditEvidence> = {
  ...common,
  missing: unreadable,
  prepare: ({ edits }) => ratioOfSums(edits, 1),
};
