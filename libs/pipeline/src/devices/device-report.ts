import type { LatencyRatio, ModelTiming, ReportedBenchmark } from '#contracts';
import { formatLatencyRatio } from '#contracts';
import { escapeMarkdown, renderMarkdown, type Table } from '../report.js';

const COLUMNS = [
  'device',
  'model',
  'p50 ms',
  '95 % interval',
  'p95 ms',
  'p99 ms',
  'load ms',
  'memory MB',
  'p50 / baseline',
];

/** What devices have measured, as a section of the report in Markdown; nothing where none was asked. */
export function deviceSection(reports: readonly ReportedBenchmark[]): string {
  if (reports.length === 0) return '';
  const table = deviceTable(reports);
  const lines = deviceLines(reports).map((line) => `- ${escapeMarkdown(line)}`);
  const parts = [
    ...(table.rows.length > 0 ? [renderMarkdown(table)] : []),
    ...(lines.length > 0 ? [lines.join('\n')] : []),
  ];
  return ['\n## Devices', ...parts].join('\n\n').concat('\n');
}

/** A row for each model on each device that has answered. */
export function deviceTable(reports: readonly ReportedBenchmark[]): Table {
  const columns = COLUMNS.map((title, index) => ({ title, align: index < 2 ? ('left' as const) : ('right' as const) }));
  return { columns, rows: reports.flatMap(rowsOf) };
}

/** How each device measured, and why one did not. */
export function deviceLines(reports: readonly ReportedBenchmark[]): string[] {
  const measured = reports.filter(({ result }) => result !== null);
  const missing = reports.filter(({ result }) => result === null);
  return [...measured.flatMap(linesOf), ...missing.map(missingLine)];
}

function rowsOf({ device, result }: ReportedBenchmark): string[][] {
  return (result?.models ?? []).map((model) => [device ?? '', model.label, ...cells(model)]);
}

function cells({ p50, p95, p99, low, high, coldLoadMs, peakRssBytes, latencyRatio }: ModelTiming): string[] {
  const interval = low === null || high === null ? '-' : `${ms(low)}..${ms(high)}`;
  const memory = peakRssBytes === null ? '-' : (peakRssBytes / 1e6).toFixed(1);
  return [ms(p50), interval, ms(p95), ms(p99), ms(coldLoadMs), memory, ratio(latencyRatio)];
}

const ms = (value: number): string => String(Number(value.toPrecision(3)));
const ratio = (latency: LatencyRatio | null): string => (latency ? formatLatencyRatio(latency) : '-');

function linesOf({ device, cached, result }: ReportedBenchmark): string[] {
  if (!result) return [];
  const how = [
    result.quick ? 'a quick measurement' : `${result.blocks} blocks in ${Math.round(result.seconds)} s`,
    ...(cached ? ['known from before'] : []),
    ...result.notes,
  ];
  const doubts = result.models.flatMap(({ label, latencyRatio }) =>
    latencyRatio?.verdict === 'inconclusive' ? [`${label} inconclusive: ${latencyRatio.reason}`] : [],
  );
  return [`${device}: ${[...how, ...doubts].join('; ')}`];
}

function missingLine({ asked, state, error }: ReportedBenchmark): string {
  return `${asked}: not measured, ${error?.message ?? state}`;
}
