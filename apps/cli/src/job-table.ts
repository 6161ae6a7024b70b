import type { Job, StageMetrics } from '#contracts';
import { conclusions } from '#pipeline';
import { bytes, percent, table } from './output.js';

const HEAD = ['model', 'top-1', 'on disk', 'compressed', 'parameters', 'non-zeros', 'p50', 'p95'];

/** The baseline and each stage's model, a row each. */
export function metricsTable(job: Job): string {
  const stages = job.stages.flatMap((stage) => (stage.metrics ? [[`${stage.pass}${stage.cached ? ' (cached)' : ''}`, ...cells(stage.metrics)]] : []));
  const baseline = job.baseline ? [['baseline', ...cells(job.baseline)]] : [];
  return table(HEAD, [...baseline, ...stages]);
}

/** One line per gate, with the verdict first. */
export function gateLines(job: Job): string {
  return job.gates.map((verdict) => `${verdict.passed ? '✓' : '✗'} ${verdict.explanation}`).join('\n');
}

/** What the passes concluded and warned of, a line each. */
export function conclusionLines(job: Job): string {
  return conclusions(job.stages.map(({ pass, cached, summary }) => ({ label: pass, cached, summary }))).join('\n');
}

function cells(metrics: StageMetrics): string[] {
  return [
    metrics.top1 === undefined ? '–' : percent(metrics.top1),
    bytes(metrics.bytes),
    metrics.compressedBytes === undefined ? '–' : bytes(metrics.compressedBytes),
    metrics.parameters.toLocaleString('en-US'),
    metrics.nonZeros.toLocaleString('en-US'),
    milliseconds(metrics.latencyMsP50),
    milliseconds(metrics.latencyMsP95),
  ];
}

const milliseconds = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(3)} ms`);
