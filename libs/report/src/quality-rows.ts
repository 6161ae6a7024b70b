import { formatMetric, METRIC_NAMES, METRICS, type MetricName, type ModelMetrics } from '#contracts';

/** A figure of quality before and after, in words. */
export interface QualityRow {
  metric: MetricName;
  title: string;
  label: string;
  before: string;
  after: string;
  /** How far the figure moved, its interval, and the chance of that between equal models. */
  change: string;
}

/** Every figure of quality that a model has. */
export function qualityRows(baseline: ModelMetrics, model: ModelMetrics): QualityRow[] {
  return METRIC_NAMES.filter((name) => model.intervals?.[name]).map((metric) => ({
    metric,
    title: METRICS[metric].title,
    label: METRICS[metric].label,
    before: withInterval(metric, baseline),
    after: withInterval(metric, model),
    change: changeWords(metric, model),
  }));
}

function withInterval(metric: MetricName, metrics: ModelMetrics): string {
  const value = metrics[metric];
  if (value === undefined) return '-';
  const interval = metrics.intervals?.[metric];
  const text = formatMetric(metric, value);
  return interval ? `${text} (${formatMetric(metric, interval.low)} .. ${formatMetric(metric, interval.high)})` : text;
}

function changeWords(metric: MetricName, { intervals }: ModelMetrics): string {
  const change = intervals?.[metric]?.change;
  if (!change) return '';
  const signed = (value: number) => `${value > 0 ? '+' : ''}${formatMetric(metric, value)}`;
  const span = `${signed(change.low)} .. ${signed(change.high)}`;
  return `${signed(change.difference)} (${span}), p = ${Number(change.pValue.toPrecision(2))} by ${change.test}`;
}
