import { formatMetric, METRIC_NAMES, METRICS, type Job, type MetricName, type StageMetrics } from '#contracts';
import { conclusions } from '#pipeline';
import { table } from './output.js';

/** Every figure that one of the models has. */
function columnsOf(models: readonly StageMetrics[]): MetricName[] {
  return METRIC_NAMES.filter((name) => models.some((metrics) => metrics[name] !== undefined));
}

/** The baseline and each stage's model, a row each. */
export function metricsTable(job: Job): string {
  const stages = job.stages.flatMap(({ pass, cached, metrics }) =>
    metrics ? [{ label: `${pass}${cached ? ' (cached)' : ''}`, metrics }] : [],
  );
  const rows = [...(job.baseline ? [{ label: 'baseline', metrics: job.baseline as StageMetrics }] : []), ...stages];
  const columns = columnsOf(rows.map(({ metrics }) => metrics));
  const cell = (name: MetricName, value: number | null | undefined) =>
    value === undefined ? '–' : formatMetric(name, value);
  return table(
    ['model', ...columns.map((name) => METRICS[name].title)],
    rows.map(({ label, metrics }) => [label, ...columns.map((name) => cell(name, metrics[name]))]),
  );
}

/** One line per gate, with the verdict first. */
export function gateLines(job: Job): string {
  return job.gates.map((verdict) => `${verdict.passed ? '✓' : '✗'} ${verdict.explanation}`).join('\n');
}

/** What the passes concluded and warned of, a line each. */
export function conclusionLines(job: Job): string {
  return conclusions(job.stages.map(({ pass, cached, summary }) => ({ label: pass, cached, summary }))).join('\n');
}
