import type { PruneOptions } from '#contracts';
import type { Figures } from './figures.js';

/** Halvings of the ratio's interval: to within a thousandth. */
const STEPS = 10;

/**
 * The least ratio at which every figure of the budget is met, given what a ratio would leave; the greatest tried when none is
 * enough. What a ratio leaves falls as it grows, so that bisection finds it.
 */
export function ratioForBudget(budget: NonNullable<PruneOptions['budget']>, before: Figures, at: (ratio: number) => Figures): number {
  const meets = (figures: Figures) => (Object.keys(budget) as (keyof Figures)[]).every((figure) => figures[figure] <= (budget[figure] ?? 1) * before[figure]);
  if (meets(before)) return 0;
  let [enough, short] = [0.99, 0];
  for (let i = 0; i < STEPS; i++) {
    const middle = (enough + short) / 2;
    if (meets(at(middle))) enough = middle;
    else short = middle;
  }
  return enough;
}
