import type { ModelMetrics, Skipped } from '#contracts';
import type { CustomMetricRun } from './custom-metric.js';
import { measureQuality, type IntervalSettings, type Measured } from './quality.js';
import { growingDoubles, type Growing } from './tasks/growing.js';
import type { Resampled, TaskBatch } from './tasks/task.js';
import { ratioOfSums } from './tasks/weighted-mean.js';

/** The mean of a number that each sample has. */
const count = (values: Float64Array) => values.length;
const meanOfSamples: Resampled<Float64Array> = {
  kind: 'resampled',
  samples: count,
  work: count,
  prepare: (values) => ratioOfSums(values, 1),
};

/** What modules of the recipe say of each sample of each model. */
export class CustomFigures {
  private readonly values: Growing<Float64Array>[][];
  private measured: Measured<string>[] | null = null;

  constructor(
    private readonly runs: readonly CustomMetricRun[],
    models: number,
  ) {
    this.values = runs.map(() => Array.from({ length: models }, growingDoubles));
  }

  /** Throws CustomMetricError. */
  async add(model: number, batch: TaskBatch): Promise<void> {
    for (const [index, run] of this.runs.entries()) this.values[index]?.[model]?.append(await run.of(batch));
  }

  /** The figures of one model, by name. */
  of(model: number, settings: IntervalSettings | null): Pick<ModelMetrics, 'custom'> {
    const figures = this.all(settings).flatMap(({ metric, figures: all }) => {
      const figure = all[model];
      return figure ? [[metric, figure] as const] : [];
    });
    return figures.length > 0 ? { custom: Object.fromEntries(figures) } : {};
  }

  /** Why figures have no interval. */
  skipped(settings: IntervalSettings | null): Skipped[] {
    return this.all(settings).flatMap(({ skipped }) => skipped);
  }

  private all(settings: IntervalSettings | null): Measured<string>[] {
    return (this.measured ??= this.runs.map(({ metric }, index) => {
      const evidences = (this.values[index] ?? []).map(({ values }) => values);
      return measureQuality(metric.name, meanOfSamples, evidences, settings);
    }));
  }
}
