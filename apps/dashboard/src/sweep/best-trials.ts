import { asMetric, metricTitle, type Sweep, type ListedTrial } from '#contracts';

/** The trial that is first in an objective among those that hold every constraint. */
export interface BestTrial {
  trial: ListedTrial;
  /** The objectives in which it is first, in words. */
  titles: string[];
}

/** For each objective the best trial that has a job; one that is first in several is told once. */
export function bestTrials({ objectives }: Pick<Sweep, 'objectives'>, trials: readonly ListedTrial[]): BestTrial[] {
  const able = trials.filter(({ state, violation, jobId }) => state === 'complete' && violation === 0 && jobId);
  const best = new Map<number, BestTrial>();
  for (const { metric, direction } of objectives) {
    const sign = direction === 'minimize' ? 1 : -1;
    const name = asMetric(metric);
    let first: { trial: ListedTrial; value: number } | null = null;
    for (const trial of able) {
      const value = name && trial.metrics?.[name];
      if (typeof value === 'number' && (first === null || sign * value < first.value))
        first = { trial, value: sign * value };
    }
    if (!first) continue;
    const known = best.get(first.trial.number) ?? { trial: first.trial, titles: [] };
    best.set(first.trial.number, { ...known, titles: [...known.titles, metricTitle(metric)] });
  }
  return [...best.values()];
}
