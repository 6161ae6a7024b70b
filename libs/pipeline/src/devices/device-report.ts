import type { Benchmark, BenchmarkResult, LatencyRatio, ModelTiming } from '#contracts';
import { formatLatencyRatio } from '#contracts';
import { renderMarkdown } from '../report.js';

/** A benchmark as a report tells of it. */
export interface DeviceReport extends Pick<Benchmark, 'stage' | 'asked' | 'device' | 'state' | 'cached' | 'error'> {
  result: BenchmarkResult | null;
}

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
export function deviceSection(reports: readonly DeviceReport[]): string {
  if (reports.length === 0) return '';
  const measured = reports.filter(({ result }) => result !== null);
  const missing = reports.filter(({ result }) => result === null);
  const columns = COLUMNS.map((title, index) => ({ title, align: index < 2 ? ('left' as const) : ('right' as const) }));
  const table = renderMarkdown({ columns, rows: measured.flatMap(rowsOf) });
  const lines = [...measured.flatMap(linesOf), ...missing.map(missingLine)].map((line) => `- ${line}`);
  return ['\n## Devices', ...(measured.length > 0 ? [table] : []), ...(lines.length > 0 ? [lines.join('\n')] : [])]
    .join('\n\n')
    .concat('\n');
}

function rowsOf({ device, result }: DeviceReport): string[][] {
  return (result?.models ?? []).map((model) => [device ?? '', model.label, ...cells(model)]);
}

function cells({ p50, p95, p99, low, high, coldLoadMs, peakRssBytes, latencyRatio }: ModelTiming): string[] {
  const interval = low === null || high === null ? '-' : `${ms(low)}..${ms(high)}`;
  const memory = peakRssBytes === null ? '-' : (peakRssBytes / 1e6).toFixed(1);
  return [ms(p50), interval, ms(p95), ms(p99), ms(coldLoadMs), memory, ratio(latencyRatio)];
}

const ms = (value: number): string => String(Number(value.toPrecision(3)));
const ratio = (latency: LatencyRatio | null): string => (latency ? formatLatencyRatio(latency) : '-');

function linesOf({ device, cached, result }: DeviceReport): string[] {
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

function missingLine({ asked, state, error }: DeviceReport): string {
  return `${asked}: not measured, ${error?.message ?? state}`;
}
