import type { PruneOptions } from '#contracts';
import { fitsPattern } from '../../name-pattern.js';
import { shareOfRest } from '../budget/schedule.js';

type Limits = PruneOptions['layerLimits'];

/**
 * The largest share that layers of these names may lose together: the least limit whose pattern fits any of them, 1
 * where none does.
 */
export function limitOf(limits: Limits, names: readonly string[]): number {
  return Object.entries(limits).reduce(
    (least, [pattern, limit]) => (names.some((name) => fitsPattern(pattern, name)) ? Math.min(least, limit) : least),
    1,
  );
}

/** Limits in shares of what is left once `gone` of every layer, up to its limit, was removed. */
export function limitsOfRest(limits: Limits, gone: number): Limits {
  return Object.fromEntries(
    Object.entries(limits).map(([pattern, limit]) => [pattern, shareOfRest(Math.min(gone, limit), limit)]),
  );
}
