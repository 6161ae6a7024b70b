import type { ErrorEvidence } from './evidence.js';

/** Why errors have no mean; null where they have. */
export function notFinite({ squared }: ErrorEvidence): string | null {
  return squared.every(Number.isFinite) ? null : 'answers to some samples are not finite';
}
