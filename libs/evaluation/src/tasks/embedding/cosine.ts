import type { Resampled } from '../task.js';
import { ratioOfSums } from '../weighted-mean.js';
import type { VectorEvidence } from './evidence.js';

/** Cosine of a sample's vector to the one that the baseline gives, in the mean of all samples. */
export const meanCosine: Resampled<VectorEvidence> = {
  kind: 'resampled',
  samples: ({ cosines }) => cosines.length,
  work: ({ cosines }) => cosines.length,
  missing: ({ cosines }) => (cosines.every(Number.isFinite) ? null : 'vectors of some samples are not finite'),
  prepare: ({ cosines }) => ratioOfSums(cosines, 1),
};
