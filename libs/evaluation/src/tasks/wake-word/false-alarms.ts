import type { Share } from '../task.js';
import { unheard, type HeardEvidence } from './evidence.js';

const SECONDS_PER_HOUR = 3600;

/**
 * Samples without a wake word in which one is heard, in an hour of such audio. Its interval is that of the share of
 * samples (Wilson), so that none heard is not told as never.
 */
export const falseAccepts: Share<HeardEvidence> = {
  kind: 'share',
  missing: (evidence) =>
    evidence.labels.includes(0) ? unheard(evidence) : 'every sample has a wake word: add some with label 0',
  hits: ({ labels, highest, threshold }) =>
    Int8Array.from(labels, (label, i) => (label === 0 ? Number((highest[i] ?? NaN) >= threshold) : -1)),
  whole: ({ seconds }) => SECONDS_PER_HOUR / seconds,
};

/** Share of the samples with a wake word in which that word is not heard. */
export const falseRejects: Share<HeardEvidence> = {
  kind: 'share',
  missing: (evidence) => (evidence.labels.some((label) => label > 0) ? unheard(evidence) : 'no sample has a wake word'),
  hits: ({ labels, said, threshold }) =>
    Int8Array.from(labels, (label, i) => (label === 0 ? -1 : Number(!((said[i] ?? NaN) >= threshold)))),
};
