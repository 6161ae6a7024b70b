import type { Share } from '../task.js';
import type { ClassEvidence } from './class-evidence.js';

/**
 * Share of samples whose label is among the `k` highest scores. It says nothing where there are no more than `k`
 * classes.
 */
export function topK(k: number): Share<ClassEvidence> {
  return {
    kind: 'share',
    missing: ({ width }) => (k > 1 && width <= k ? `there are only ${width} classes` : null),
    hits: ({ ranks }) => Int8Array.from(ranks, (rank) => (rank >= 0 && rank < k ? 1 : 0)),
  };
}
