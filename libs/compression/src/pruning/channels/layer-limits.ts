import { leastFitting, type PruneOptions } from '#contracts';
import { shareOfRest } from '../budget/schedule.js';

type Limits = PruneOptions['layerLimits'];

/**
 * The largest share that layers of these names may lose together: the least limit whose pattern fits any of them, 1
 * where none does.
 */
export function limitOf(limits: Limits, names: readonly string[]): number {
  return leastFitting(limits, names) ?? 1;
}

/** Limits in shares of what is left once `gone` of every layer, up to its limit, was removed. */
export function limitsOfRest(limits: Limits, gone: number): Limits {
  const ofRest = (limit: number) => shareOfRest(Math.min(gone, limit), limit);
  return Object.fromEntries(Object.entries(limits).map(([pattern, limit]) => [pattern, ofRest(limit)]));
}
