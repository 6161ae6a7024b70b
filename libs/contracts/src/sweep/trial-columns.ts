import { z } from 'zod';
import { asMetric, METRIC_NAMES, type MetricName } from '../metric-table.js';
import type { StageMetrics } from '../metrics.js';
import { ParameterValue, type Assignment } from './ranges.js';
import { TrialState, type Trial } from './trial.js';

const Figures = z.array(z.number().nullable());
const Places = z.array(z.int().min(0));
const FiguresByName = z.partialRecord(z.enum(METRIC_NAMES), Figures);
/** Of so many characters a digest tells models of one sweep apart. */
const DIGEST_START = 16;

/**
 * All trials of a sweep, a column for each thing that tables and plots show of them: a tenth of what a list of trials
 * takes to send and to read. A place in one column is the same trial as that place in any other.
 */
export const TrialColumns = z
  .object({
    number: z.array(z.int().min(0)).describe('In the order of asking.'),
    state: z.array(TrialState),
    jobId: z.array(z.uuid().nullable()),
    model: z
      .array(z.string().length(DIGEST_START).nullable())
      .describe(`The first ${DIGEST_START} characters of its model's digest: equal models have the same.`),
    violation: Figures.describe('Distance from feasible; null while that is not known.'),
    promotedAs: z.array(z.string().nullable()),
    reason: z.array(z.string().nullable()).describe('Why it was stopped, failed, or makes no valid recipe.'),
    createdAt: z.array(z.int()).describe('Milliseconds since 1970.'),
    finishedAt: z.array(z.int().nullable()).describe('Milliseconds since 1970; null while it runs.'),
    violated: z
      .record(z.string(), z.array(z.string()))
      .describe('By place, of trials that have some: each constraint that does not hold, in words.'),
    assignment: z
      .record(z.string(), z.array(ParameterValue.nullable()))
      .describe('Values of each parameter; null where a trial does not have it.'),
    metrics: FiguresByName.describe('Values of each figure; null where it was not measured, or has no noise.'),
    noiseless: z
      .partialRecord(z.enum(METRIC_NAMES), Places)
      .describe('Places of trials of which a ratio of signal to noise has no noise.'),
    lows: FiguresByName.describe('Lower ends of the intervals of figures, where they have some.'),
    highs: FiguresByName.describe('Upper ends of these intervals.'),
    devices: z.record(z.string(), Figures).describe('Figures of devices that the sweep asks for, by name.'),
  })
  .meta({ id: 'TrialColumns' });
export type TrialColumns = z.infer<typeof TrialColumns>;

/** Figures by name; null where a ratio of signal to noise has no noise. */
export type FiguresOfTrial = { readonly [N in MetricName]?: number | null | undefined };
export type FigureSpan = readonly [low: number, high: number];
export type SpansOfTrial = { readonly [N in MetricName]?: FigureSpan | undefined };

/** What tables and plots show of a trial. */
export interface ListedTrial {
  number: number;
  state: TrialState;
  assignment: Assignment;
  jobId: string | null;
  metrics: FiguresOfTrial | null;
  /** Between what its figures lie, as far as samples and runs tell. */
  spans: SpansOfTrial;
  devices: Readonly<Record<string, number>>;
  violation: number | null;
  violated: readonly string[];
  /** Equal models have the same. */
  model: string | null;
  promotedAs: string | null;
  reason: string | null;
  /** Milliseconds since 1970. */
  createdAt: number;
  finishedAt: number | null;
}

/** A trial as tables and plots show it. */
export function listedTrial(trial: Trial): ListedTrial {
  const { number, state, assignment, jobId, devices, violation, violated, promotedAs, reason } = trial;
  const { metrics } = trial;
  return {
    ...{ number, state, assignment, jobId, devices, violation, violated, promotedAs, reason },
    metrics: metrics && figuresOf(metrics),
    spans: metrics ? spansOf(metrics) : {},
    model: trial.modelDigest?.slice(0, DIGEST_START) ?? null,
    createdAt: Date.parse(trial.createdAt),
    finishedAt: trial.finishedAt === null ? null : Date.parse(trial.finishedAt),
  };
}

function figuresOf(metrics: StageMetrics): FiguresOfTrial {
  const isFigure = ([name, value]: [string, unknown]) => asMetric(name) !== undefined && value !== undefined;
  return Object.fromEntries(Object.entries(metrics).filter(isFigure));
}

/** The intervals of figures: of quality by its samples, of latency by its runs against the baseline's. */
function spansOf({ intervals = {}, latencyRatio, latencyMsP50 }: StageMetrics): SpansOfTrial {
  const spans: { -readonly [N in MetricName]?: FigureSpan } = {};
  for (const name of METRIC_NAMES) {
    const interval = intervals[name];
    if (interval) spans[name] = [interval.low, interval.high];
  }
  if (!latencyRatio || latencyMsP50 === undefined || spans.latencyMsP50) return spans;
  const { ratio, low, high } = latencyRatio;
  if (low !== null && high !== null) spans.latencyMsP50 = [(latencyMsP50 * low) / ratio, (latencyMsP50 * high) / ratio];
  return spans;
}

/** Columns of trials that are added one after the other. */
export class ColumnsOfTrials {
  readonly columns: TrialColumns = {
    ...{ number: [], state: [], jobId: [], model: [], violation: [], promotedAs: [], reason: [] },
    ...{ createdAt: [], finishedAt: [], violated: {}, assignment: {}, metrics: {}, noiseless: {} },
    ...{ lows: {}, highs: {}, devices: {} },
  };

  add(trial: Trial): void {
    const { columns } = this;
    const at = columns.number.length;
    const { assignment, devices, metrics, spans, violated, ...rest } = listedTrial(trial);
    columns.number.push(rest.number);
    columns.state.push(rest.state);
    columns.jobId.push(rest.jobId);
    columns.model.push(rest.model);
    columns.violation.push(rest.violation);
    columns.promotedAs.push(rest.promotedAs);
    columns.reason.push(rest.reason);
    columns.createdAt.push(rest.createdAt);
    columns.finishedAt.push(rest.finishedAt);
    if (violated.length > 0) columns.violated[at] = [...violated];
    put(columns.assignment, at, assignment);
    put(columns.devices, at, devices);
    put(columns.metrics, at, metrics ?? {});
    for (const name of METRIC_NAMES) {
      if (metrics?.[name] === null) (columns.noiseless[name] ??= []).push(at);
      const span = spans[name];
      if (!span) continue;
      put(columns.lows, at, { [name]: span[0] });
      put(columns.highs, at, { [name]: span[1] });
    }
    for (const group of GROUPS) for (const column of Object.values<unknown[]>(columns[group])) fill(column, at + 1);
  }
}

const GROUPS = ['assignment', 'devices', 'metrics', 'lows', 'highs'] as const;

type Values<T> = Readonly<Partial<Record<string, T | null>>>;

/** Puts values at a place of the columns of their names; columns that begin there are empty before it. */
function put<T>(columns: Partial<Record<string, (T | null)[]>>, at: number, values: Values<T>): void {
  for (const [name, value = null] of Object.entries(values)) {
    const column = (columns[name] ??= []);
    fill(column, at);
    column[at] = value;
  }
}

function fill(column: unknown[], length: number): void {
  while (column.length < length) column.push(null);
}

/** The trials that columns tell of, in their order. */
export function trialsOfColumns(columns: TrialColumns): ListedTrial[] {
  const { number, state, jobId, model, violation, promotedAs, reason, createdAt, finishedAt } = columns;
  const assignments = rowsOf(columns.assignment, number.length);
  const devices = rowsOf(columns.devices, number.length);
  const metrics: (Record<string, number | null> | undefined)[] = rowsOf(columns.metrics, number.length);
  const spans = spanRows(columns);
  for (const [name, places] of Object.entries(columns.noiseless))
    for (const at of places) metrics[at] = { ...metrics[at], [name]: null };
  return number.map((each, at) => ({
    number: each,
    state: state[at] ?? 'failed',
    assignment: assignments[at] ?? NONE,
    jobId: jobId[at] ?? null,
    metrics: metrics[at] ?? null,
    spans: spans[at] ?? NONE,
    devices: devices[at] ?? NONE,
    violation: violation[at] ?? null,
    violated: columns.violated[at] ?? [],
    model: model[at] ?? null,
    promotedAs: promotedAs[at] ?? null,
    reason: reason[at] ?? null,
    createdAt: createdAt[at] ?? 0,
    finishedAt: finishedAt[at] ?? null,
  }));
}

const NONE: Readonly<Record<string, never>> = {};

/** What columns have of each place; undefined where they have nothing. */
function rowsOf<T>(columns: Partial<Record<string, (T | null)[]>>, count: number): (Record<string, T> | undefined)[] {
  const rows = Array<Record<string, T> | undefined>(count).fill(undefined);
  for (const [name, column = []] of Object.entries(columns))
    for (const [at, value] of column.entries()) if (value !== null) (rows[at] ??= {})[name] = value;
  return rows;
}

function spanRows({ lows, highs, number }: TrialColumns): (SpansOfTrial | undefined)[] {
  const [from, to] = [rowsOf(lows, number.length), rowsOf(highs, number.length)];
  return from.map((row, at) => {
    if (!row) return undefined;
    return Object.fromEntries(Object.entries(row).map(([name, low]) => [name, [low, to[at]?.[name] ?? low]]));
  });
}
