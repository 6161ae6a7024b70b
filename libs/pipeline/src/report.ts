import {
  formatLatencyRatio,
  formatMetric,
  lets,
  METRIC_NAMES,
  METRICS,
  type GateVerdict,
  type LatencyRatio,
  type MetricName,
  type ModelMetrics,
  type StageMetrics,
} from '#contracts';

export interface ReportTable {
  columns: readonly { title: string; align: 'left' | 'right' }[];
  rows: readonly (readonly string[])[];
}

/** Sparsity and gain, in percentage points, from which their gap is worth a sentence. */
const NOTABLE_SPARSITY = 10;
const NOTABLE_GAIN = 5;

/** Heading of latencies against the baseline's, which stand behind the figures. */
const LATENCY_TITLE = 'p50 / baseline';

/** One line per model, one column per figure of `wanted` that any of them has; `absent` stands where one has not. */
export function comparisonTable(
  rows: readonly { label: string; metrics: StageMetrics }[],
  absent = '-',
  wanted: readonly MetricName[] = METRIC_NAMES,
): ReportTable {
  const names = wanted.filter((name) => rows.some(({ metrics }) => metrics[name] !== undefined));
  const cell = (name: MetricName, value: number | null | undefined) =>
    value === undefined ? absent : formatMetric(name, value);
  const isTimed = rows.some(({ metrics }) => metrics.latencyRatio);
  const latency = ({ latencyRatio }: StageMetrics) => (latencyRatio ? formatLatencyRatio(latencyRatio) : absent);
  return {
    columns: [
      { title: 'model', align: 'left' },
      ...names.map((name) => ({ title: METRICS[name].title, align: 'right' as const })),
      ...(isTimed ? [{ title: LATENCY_TITLE, align: 'right' as const }] : []),
    ],
    rows: rows.map(({ label, metrics }) => [
      label,
      ...names.map((name) => cell(name, metrics[name])),
      ...(isTimed ? [latency(metrics)] : []),
    ]),
  };
}

/**
 * What was really gained, in words: "50 % sparse, 74 % smaller (80 % compressed), 62 % faster". Sparse is the share of
 * zeros among the weights the model still has; smaller and faster are savings against the baseline, in bytes and median
 * latency, the latter only where the interval of the measurement leaves no doubt.
 * Zeros that brought neither are called that.
 */
export function verdict(baseline: ModelMetrics, model: ModelMetrics): string {
  const sparse = saving(model.parameters, model.nonZeros);
  const smaller = saving(baseline.bytes, model.bytes);
  const compressed = saving(baseline.compressedBytes, model.compressedBytes);
  const faster = speedGain(baseline, model);
  const fewer = saving(baseline.parameters, model.parameters);
  const parts = [
    fewer > 0 ? change(fewer, 'fewer parameters', 'more parameters') : undefined,
    `${percent(sparse)} sparse`,
    `${change(smaller, 'smaller', 'larger')} (${change(compressed, 'smaller', 'larger')} compressed)`,
    faster === undefined
      ? 'speed not measured'
      : (noiseWords(model.latencyRatio) ?? change(faster, 'faster', 'slower')),
    accuracyChange(baseline, model),
  ];
  return [parts.filter(Boolean).join(', '), ...warnings({ sparse, smaller, compressed, faster })].join('. ');
}

/**
 * Percentage of the median latency saved; 0 where noise may have made the difference. Undefined where it was not
 * measured.
 */
function speedGain(
  { latencyMsP50: before }: ModelMetrics,
  { latencyMsP50: after, latencyRatio }: ModelMetrics,
): number | undefined {
  if (!before || !after) return undefined;
  if (latencyRatio && noiseWords(latencyRatio)) return 0;
  return latencyRatio ? 100 * (1 - latencyRatio.ratio) : saving(before, after);
}

/** What is said of a latency that differs by nothing that could be measured; undefined where it does differ. */
function noiseWords(latency: LatencyRatio | undefined): string | undefined {
  if (latency?.verdict === 'equal') return `speed equal within ${Number((latency.equalWithin * 100).toPrecision(2))} %`;
  return latency?.verdict === 'inconclusive' ? `speed inconclusive (${latency.reason ?? 'noise'})` : undefined;
}

/** How a gate came out: one that only warns fails nothing. */
export function gateOutcome(verdict: GateVerdict): 'passed' | 'warned' | 'failed' {
  return verdict.passed ? 'passed' : lets(verdict) ? 'warned' : 'failed';
}

/** What a gate found, with the stage whose it is. */
export function gateWords({ stage, explanation }: GateVerdict): string {
  return stage === undefined ? explanation : `stage ${stage + 1}: ${explanation}`;
}

/**
 * A stage as its report tells of it: passes put their conclusion under `verdict` and what is to be minded under
 * `warnings`, workers theirs under `machine`.
 */
export interface ReportStage {
  label: string;
  /** Computed by an earlier job, perhaps on another machine. */
  cached?: boolean;
  summary: Readonly<Record<string, unknown>>;
}

/** What the passes concluded and warned of, a line each: "2 prune: warning: ...". */
export function conclusions(stages: readonly ReportStage[]): string[] {
  return stages.flatMap(({ label, cached, summary: { verdict, warnings, machine } }) => [
    ...(typeof verdict === 'string' && verdict !== '' ? [`${label}: ${verdict}`] : []),
    ...(Array.isArray(warnings) ? warnings.map((warning) => `${label}: warning: ${String(warning)}`) : []),
    ...(cached && typeof machine === 'string'
      ? [`${label}: result of an earlier run, whose times are those of ${machine}`]
      : []),
  ]);
}

/** A table for a terminal: columns padded to their widest cell. */
export function renderText({ columns, rows }: ReportTable): string {
  const widest = (c: number) => Math.max(...rows.map((row) => (row[c] ?? '').length));
  const widths = columns.map(({ title }, c) => Math.max(title.length, widest(c)));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, c) =>
        align === 'left' ? (cells[c] ?? '').padEnd(widths[c]!) : (cells[c] ?? '').padStart(widths[c]!),
      )
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [head, rule, ...rows.map(line)].join('\n');
}

/** A table in GitHub's Markdown. */
export function renderMarkdown({ columns, rows }: ReportTable): string {
  const rule = `| ${columns.map(({ align }) => (align === 'left' ? '---' : '---:')).join(' | ')} |`;
  const head = markdownLine(columns.map(({ title }) => title));
  return [head, rule, ...rows.map(markdownLine)].join('\n');
}

/** Percentage saved of `before`; negative where it grew. */
function saving(before: number, after: number): number {
  return before === 0 ? 0 : 100 * (1 - after / before);
}

/** Percent without decimals, but never 0 or 100 for what is not: "99.6 %" rather than "100 %". */
function percent(value: number): string {
  const rounded = Math.round(value);
  const misleads = (rounded === 0 || rounded === 100) && Math.abs(value - rounded) >= 0.05;
  return `${misleads ? value.toFixed(1) : rounded} %`;
}

function change(value: number, less: string, more: string): string {
  const isMore = value < 0 && percent(-value) !== '0 %';
  return isMore ? `${percent(-value)} ${more}` : `${percent(Math.max(value, 0))} ${less}`;
}

function accuracyChange({ top1: before }: ModelMetrics, { top1: after }: ModelMetrics): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  const points = 100 * (after - before);
  if (Math.abs(points) < 0.005) return 'top-1 unchanged';
  return `top-1 ${Math.abs(points).toFixed(2)} points ${points > 0 ? 'higher' : 'lower'}`;
}

function warnings({
  sparse,
  smaller,
  compressed,
  faster,
}: {
  sparse: number;
  smaller: number;
  compressed: number;
  faster: number | undefined;
}): string[] {
  const slower =
    faster !== undefined && faster < -NOTABLE_GAIN ? ['It is slower than the baseline on this device'] : [];
  if (sparse < NOTABLE_SPARSITY) return slower;
  const idle = smaller < NOTABLE_GAIN && (faster === undefined || faster < NOTABLE_GAIN);
  if (!idle) return slower;
  const transfer = compressed >= NOTABLE_GAIN ? 'only the compressed transfer' : 'nothing';
  return [
    `The zeros save ${transfer}: to gain size and speed remove whole channels or store weights in fewer bits`,
    ...slower,
  ];
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`;
}

/** A text that people or devices gave, on one line and without markup. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/([\\|*_`<>[\]])/g, '\\$1');
}

function escapeCell(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\|/g, '\\|');
}
