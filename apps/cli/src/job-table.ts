import { MAIN_METRICS, type Job } from '#contracts';
import { comparisonTable, conclusions, gateOutcome, gateWords } from '#pipeline';
import { table } from './output.js';

/** Columns of a terminal that does not say how wide it is, a pipe for one. */
const USUAL_WIDTH = 120;

/**
 * The baseline and each stage's model, a row each; nothing where none was measured. Where not all figures fit into
 * `width` columns the main ones are shown, and a line says how many were left out and, where there is one, the command
 * that shows them.
 */
export function metricsTable(job: Job, command?: string, width = process.stdout.columns ?? USUAL_WIDTH): string {
  const stages = job.stages.flatMap(({ pass, cached, metrics }) =>
    metrics ? [{ label: `${pass}${cached ? ' (cached)' : ''}`, metrics }] : [],
  );
  const models = [...(job.baseline ? [{ label: 'baseline', metrics: job.baseline }] : []), ...stages];
  if (models.length === 0) return '';
  const whole = comparisonTable(models, '–');
  const text = written(whole);
  if (text.indexOf('\n') <= width) return text;
  const main = comparisonTable(models, '–', MAIN_METRICS);
  const left = whole.columns.length - main.columns.length;
  if (left === 0) return text;
  return `${written(main)}\n${left} more ${left === 1 ? 'figure' : 'figures'}${command ? `: ${command}` : ', left out here'}`;
}

function written({ columns, rows }: ReturnType<typeof comparisonTable>): string {
  return table(
    columns.map(({ title }) => title),
    rows.map((row) => [...row]),
  );
}

/** By how a gate came out. */
const MARKS = { passed: '✓', warned: '!', failed: '✗' };

/** One line per gate, with the verdict first. */
export function gateLines(job: Job): string {
  return job.gates.map((verdict) => `${MARKS[gateOutcome(verdict)]} ${gateWords(verdict)}`).join('\n');
}

/** What the passes concluded and warned of, a line each. */
export function conclusionLines(job: Job): string {
  const stages = job.stages.map(({ pass, cached, summary }) => ({ label: pass, cached, summary }));
  return conclusions(stages).join('\n');
}
