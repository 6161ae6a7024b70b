import type { Resampled } from '../task.js';
import { ratioOfSums } from '../weighted-mean.js';
import { notFinite } from './not-finite.js';
import type { ErrorEvidence } from './evidence.js';

/** Root of the mean squared error over all numbers of all samples, in their unit. */
export const rmse: Resampled<ErrorEvidence> = {
  kind: 'resampled',
  samples: ({ squared }) => squared.length,
  work: ({ squared }) => squared.length,
  missing: notFinite,
  prepare({ squared, width }) {
    const mean = ratioOfSums(squared, width);
    return (counts) => {
      const value = mean(counts);
      return value === undefined ? undefined : Math.sqrt(value);
    };
  },
};
