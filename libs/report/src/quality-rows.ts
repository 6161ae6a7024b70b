import {
  formatMetric,
  METRIC_NAMES,
  METRICS,
  type MetricName,
  type ModelMetrics,
  type QualityInterval,
} from '#contracts';

/** A figure of quality before and after, in words. */
export interface QualityRow {
  metric: string;
  title: string;
  label: string;
  before: string;
  after: string;
  /** How far the figure moved, its interval, and the chance of that between equal models. */
  change: string;
}

/** A figure with what is known of it; `null` stands for no noise at all. */
interface Known {
  value: number | null | undefined;
  interval: QualityInterval | undefined;
  format(value: number | null): string;
}

/** Every figure of quality that a model has, those of modules of the recipe last. */
export function qualityRows(baseline: ModelMetrics, model: ModelMetrics): QualityRow[] {
  const named = METRIC_NAMES.filter((name) => model.intervals?.[name]).map((metric) => {
    const { title, label } = METRICS[metric];
    return rowOf({ metric, title, label }, ofTable(metric, baseline), ofTable(metric, model));
  });
  const custom = Object.keys(model.custom ?? {}).map((name) =>
    rowOf({ metric: name, title: name, label: name }, ofModule(name, baseline), ofModule(name, model)),
  );
  return [...named, ...custom];
}

function ofTable(metric: MetricName, { intervals, ...metrics }: ModelMetrics): Known {
  return { value: metrics[metric], interval: intervals?.[metric], format: (value) => formatMetric(metric, value) };
}

function ofModule(name: string, { custom }: ModelMetrics): Known {
  const { value, interval } = custom?.[name] ?? {};
  return { value, interval, format: (number) => String(Number((number ?? 0).toPrecision(4))) };
}

function rowOf(names: Pick<QualityRow, 'metric' | 'title' | 'label'>, before: Known, after: Known): QualityRow {
  return { ...names, before: withInterval(before), after: withInterval(after), change: changeWords(after) };
}

function withInterval({ value, interval, format }: Known): string {
  if (value === undefined) return '-';
  return interval ? `${format(value)} (${format(interval.low)} .. ${format(interval.high)})` : format(value);
}

function changeWords({ interval, format }: Known): string {
  const change = interval?.change;
  if (!change) return '';
  const signed = (value: number) => `${value > 0 ? '+' : ''}${format(value)}`;
  const span = `${signed(change.low)} .. ${signed(change.high)}`;
  return `${signed(change.difference)} (${span}), p = ${Number(change.pValue.toPrecision(2))} by ${change.test}`;
}
