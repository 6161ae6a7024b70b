import type { Job } from '#contracts';
import { comparisonTable, conclusions, gateOutcome, gateWords } from '#pipeline';
import { table } from './output.js';

/** The baseline and each stage's model, a row each; nothing where none was measured. */
export function metricsTable(job: Job): string {
  const stages = job.stages.flatMap(({ pass, cached, metrics }) =>
    metrics ? [{ label: `${pass}${cached ? ' (cached)' : ''}`, metrics }] : [],
  );
  const baseline = job.baseline ? [{ label: 'baseline', metrics: job.baseline }] : [];
  const { columns, rows } = comparisonTable([...baseline, ...stages], '–');
  if (rows.length === 0) return '';
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
  return conclusions(job.stages.map(({ pass, cached, summary }) => ({ label: pass, cached, summary }))).join('\n');
}
