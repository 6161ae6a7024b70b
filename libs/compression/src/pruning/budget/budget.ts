import type { PruneOptions } from '#contracts';
import type { GraphFigures } from '../channels/figures.js';

/** The goals of a budget; those that count are shares of the figures before. */
export type PruningBudget = NonNullable<PruneOptions['budget']>;

/** Halvings of the ratio's interval: to within a thousandth. */
const STEPS = 10;

/** The greatest ratio that is tried. */
export const MOST = 0.99;

/** Whether every figure of the budget that can be counted, not timed, is met. */
export function meetsFigures(
  { parameters = 1, bytes = 1, macs = 1 }: PruningBudget,
  before: GraphFigures,
  figures: GraphFigures,
): boolean {
  const isSmall = figures.parameters <= parameters * before.parameters && figures.bytes <= bytes * before.bytes;
  return isSmall && figures.macs <= macs * before.macs;
}

/** Whether the budget holds time, which has to be measured. */
export function isTimed({ latency, latencyMs }: PruningBudget): boolean {
  return latency !== undefined || latencyMs !== undefined;
}

/**
 * The least ratio that meets a budget, which a greater one then meets too, by bisection; the greatest tried when none
 * does.
 */
export function leastRatio(meets: (ratio: number) => boolean): number {
  if (meets(0)) return 0;
  let [enough, short] = [MOST, 0];
  for (let i = 0; i < STEPS; i++) {
    const middle = (enough + short) / 2;
    if (meets(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}
