import type { BenchmarkResult, LatencyRatio, ModelThroughput, ModelTiming, ReportedBenchmark } from '#contracts';
import {
  conditionChange,
  energyRatioWords,
  formatJoules,
  formatLatencyRatio,
  NO_ENERGY,
  throughputName,
} from '#contracts';
import { escapeMarkdown, renderMarkdown, type ReportTable } from '../report.js';

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
const ENERGY = 'energy of a run';
const RATE_COLUMNS = ['device', 'model', 'at', 'samples / s', '95 % interval', 'time / baseline'];

/** What devices have measured, as a section of the report in Markdown; nothing where none was asked. */
export function deviceSection(reports: readonly ReportedBenchmark[]): string {
  if (reports.length === 0) return '';
  const filled = [deviceTable(reports), throughputTable(reports)].filter(({ rows }) => rows.length > 0);
  const lines = deviceLines(reports).map((line) => `- ${escapeMarkdown(line)}`);
  const tables = filled.map(renderMarkdown);
  const parts = lines.length > 0 ? [...tables, lines.join('\n')] : tables;
  return ['\n## Devices', ...parts].join('\n\n').concat('\n');
}

/** A row for each model on each device that has answered. */
export function deviceTable(reports: readonly ReportedBenchmark[]): ReportTable {
  const hasEnergy = reports.some(({ result }) => result?.models.some(({ energy }) => energy !== undefined));
  const titles = hasEnergy ? [...COLUMNS, ENERGY] : COLUMNS;
  return { columns: columnsOf(titles, 2), rows: reports.flatMap((report) => rowsOf(report, hasEnergy)) };
}

/** A row for each model at each combination of batch size and threads at which it was measured. */
export function throughputTable(reports: readonly ReportedBenchmark[]): ReportTable {
  const rows = reports.flatMap(({ device, result }) =>
    (result?.throughput ?? []).flatMap((point) =>
      point.models.map((model) => [device ?? '', model.label, throughputName(point), ...rateCells(model)]),
    ),
  );
  return { columns: columnsOf(RATE_COLUMNS, 3), rows };
}

/** The first ones hold words. */
function columnsOf(titles: readonly string[], words: number): ReportTable['columns'] {
  return titles.map((title, index) => ({ title, align: index < words ? ('left' as const) : ('right' as const) }));
}

/** How each device measured, and why one did not. */
export function deviceLines(reports: readonly ReportedBenchmark[]): string[] {
  const measured = reports.filter(({ result }) => result !== null);
  const missing = reports.filter(({ result }) => result === null);
  return [...measured.flatMap(linesOf), ...missing.map(missingLine)];
}

function rowsOf({ device, result }: ReportedBenchmark, hasEnergy: boolean): string[][] {
  const models = result?.models ?? [];
  const energy = (model: ModelTiming) => (hasEnergy ? [energyCell(model)] : []);
  return models.map((model) => [device ?? '', model.label, ...cells(model), ...energy(model)]);
}

function energyCell({ energy }: ModelTiming): string {
  if (!energy) return '-';
  const words = energyRatioWords(energy);
  const ratio = words === null ? '' : `, x ${words}`;
  return `${formatJoules(energy.joules)} (${formatJoules(energy.low)}..${formatJoules(energy.high)})${ratio}`;
}

function rateCells({ perSecond, low, high, latencyRatio }: ModelThroughput): string[] {
  const interval = low === null || high === null ? '-' : `${ms(low)}..${ms(high)}`;
  return [ms(perSecond), interval, ratio(latencyRatio)];
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
  const extent = result.quick ? 'a quick measurement' : `${result.blocks} blocks in ${Math.round(result.seconds)} s`;
  const how = [extent, ...(cached ? ['known from before'] : []), ...result.notes];
  const undecided = result.models.filter(({ latencyRatio }) => latencyRatio?.verdict === 'inconclusive');
  const doubts = undecided.map(({ label, latencyRatio }) => `${label} inconclusive: ${latencyRatio?.reason}`);
  const long = result.models.flatMap(sustainedWords);
  const warnings = (result.warnings ?? []).map((warning) => `warning: ${warning}`);
  const rest = [...missedPoints(result), ...energyWords(result), conditionChange(result)];
  return [[...how, ...doubts].join('; '), ...long, ...rest, ...warnings].map((words) => `${device}: ${words}`);
}

/** Combinations that were not measured. */
const missedPoints = ({ throughput = [] }: BenchmarkResult): string[] =>
  throughput.flatMap((point) =>
    point.reason === null ? [] : [`throughput of ${throughputName(point)} was not measured: ${point.reason}`],
  );

/** What counted the energy, of all that it feeds; or that nothing does. */
function energyWords({ energy }: BenchmarkResult): string[] {
  if (energy === undefined) return [];
  if (energy === null) return [NO_ENERGY];
  const idle = energy.idleWatts === null ? '' : `; ${ms(energy.idleWatts)} W while nothing is run`;
  return [`energy is what ${energy.name} counts while a model is run, all that it feeds${idle}`];
}

/** What heat leaves of the speed of a model. */
function sustainedWords({ label, sustained }: ModelTiming): string[] {
  if (!sustained) return [];
  const { windowSeconds, firstMs, lastMs, ratio: change } = sustained;
  const span = windowSeconds === SECONDS_PER_MINUTE ? 'minute' : `${Number(windowSeconds.toPrecision(2))} s`;
  return [
    `${label} takes ${ms(firstMs)} ms in the first ${span}, ${ms(lastMs)} ms in the last, ${change.toFixed(2)} times`,
  ];
}

const SECONDS_PER_MINUTE = 60;

function missingLine({ asked, state, error }: ReportedBenchmark): string {
  return `${asked}: not measured, ${error?.message ?? state}`;
}
