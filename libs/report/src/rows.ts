import type { ModelMetrics, Report } from '#contracts';

/** A model of the report: the baseline, or what a stage made. */
export interface ModelRow {
  label: string;
  metrics: ModelMetrics;
}

/** The baseline and each stage with figures: "2 prune". */
export function modelRows({ baseline, stages }: Report): ModelRow[] {
  const measured = stages.flatMap(({ pass, metrics }, index) =>
    metrics ? [{ label: `${index + 1} ${pass}`, metrics }] : [],
  );
  return [{ label: 'baseline', metrics: baseline }, ...measured];
}
