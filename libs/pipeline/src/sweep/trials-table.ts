import { figureOf, goalsOf, METRIC_NAMES, type SweepDocument, type Trial } from '#contracts';

/**
 * The trials of a sweep as CSV (RFC 4180): a column for each parameter, then for each figure that any trial has,
 * objectives first.
 */
export function trialsCsv(
  document: Pick<SweepDocument, 'objectives'>,
  parameters: readonly string[],
  trials: readonly Trial[],
): string {
  const objectives = goalsOf(document).map(({ metric }) => metric);
  const measured = METRIC_NAMES.filter((name) => trials.some(({ metrics }) => metrics?.[name] !== undefined));
  const onDevices = [...new Set(trials.flatMap(({ devices }) => Object.keys(devices)))];
  const figures = [...new Set([...objectives, ...onDevices, ...measured])];
  const columns = ['number', 'state', ...parameters, ...figures, 'violation', 'seconds', 'model', 'job', 'reason'];
  const rows = trials.map((trial) => [
    trial.number,
    trial.state,
    ...parameters.map((name) => trial.assignment[name]),
    ...figures.map((name) => figureOf(trial, name)),
    trial.violation,
    trial.seconds,
    trial.modelDigest,
    trial.jobId,
    trial.reason,
  ]);
  const lines = [columns, ...rows].map((row) => row.map(cell).join(','));
  return lines.join('\r\n') + '\r\n';
}

/** What a spreadsheet would take for a formula is text. */
function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
