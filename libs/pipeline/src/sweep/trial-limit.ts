import type { SweepPlan } from './sweep-plan.js';

/** Trials where nothing else is asked: all of a space of at most so many, else so few. */
const ALL = 1000;
const SOME = 60;

/** How many trials a sweep has. */
export function trialLimit({ document: { limits }, size }: Pick<SweepPlan, 'document' | 'size'>): number {
  const wanted = limits.trials ?? (size <= ALL ? size : SOME);
  return Math.min(wanted, size);
}
