import type { Resampled } from '../task.js';
import { ratioOfSums } from '../weighted-mean.js';
import { notFinite } from './not-finite.js';
import type { ErrorEvidence } from './evidence.js';

/** Mean absolute error over all numbers of all samples, in their unit. */
export const mae: Resampled<ErrorEvidence> = {
  kind: 'resampled',
  samples: ({ absolute }) => absolute.length,
  work: ({ absolute }) => absolute.length,
  missing: notFinite,
  prepare: ({ absolute, width }) => ratioOfSums(absolute, width),
};
