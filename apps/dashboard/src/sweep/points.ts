import {
  asMetric,
  DEVICE_METRICS,
  deviceMetricOf,
  METRIC_NAMES,
  METRICS,
  type FigureSpan,
  type MetricName,
  type Sweep,
  type ListedTrial,
} from '#contracts';
import { paretoFront } from '#search';

/** A model that trials came to, with the figures by which it is ranked. */
export interface PlottedModel {
  /** The first trial that came to it; the others have the same bytes. */
  trial: ListedTrial;
  numbers: readonly number[];
  x: number;
  y: number;
  /** Between what its figures lie, as far as samples and runs tell; null where nothing does. */
  spanX: FigureSpan | null;
  spanY: FigureSpan | null;
  isFeasible: boolean;
  /** Whether no other feasible model within the bounds is better in every objective. */
  isOnFront: boolean;
}

/** What the reader allows: the worst value of a metric that still counts. */
export type Bounds = Readonly<Partial<Record<MetricName, number>>>;

type Measured = Pick<ListedTrial, 'metrics' | 'devices'>;

/** Reads a figure as a number, of any trial: no noise at all is more than any ratio. */
export function figureReader(metric: string): (trial: Measured) => number | undefined {
  const name = asMetric(metric);
  if (!name) return ({ devices }) => devices[metric];
  return ({ metrics }) => {
    const value = metrics?.[name];
    return value === null ? Infinity : value;
  };
}

/** What most people look at, after the objectives of the sweep. */
const USUAL: readonly MetricName[] = [
  'compressedBytes',
  'bytes',
  'latencyMsP50',
  'top1',
  'outputSnrDb',
  'latencyMsP95',
];

/** Reads between what a figure lies, as far as samples and runs tell. */
function spanReader(metric: string): (trial: ListedTrial) => FigureSpan | null {
  const name = asMetric(metric);
  return ({ spans }) => (name && spans[name]) ?? null;
}

/** The metrics that some complete trial has: those of the sweep first, then the usual ones. */
export function measuredMetrics(
  { objectives }: Pick<Sweep, 'objectives'>,
  trials: readonly ListedTrial[],
): MetricName[] {
  const own = objectives.flatMap(({ metric }) => asMetric(metric) ?? []);
  const ordered = [...new Set([...own, ...USUAL, ...METRIC_NAMES])];
  const found = new Set<string>();
  for (const { metrics } of trials) for (const name in metrics) found.add(name);
  return ordered.filter((name) => found.has(name));
}

const isLower = (metric: string): boolean => {
  const [name, ofDevice] = [asMetric(metric), deviceMetricOf(metric)];
  if (ofDevice) return DEVICE_METRICS[ofDevice].better === 'lower';
  return name === undefined || METRICS[name].better === 'lower';
};

/** Tells whether a trial has every figure that the reader's bounds are about, and holds them. */
export function boundFilter(bounds: Bounds): (trial: Measured) => boolean {
  const checks = Object.entries(bounds).map(([metric, bound]) => {
    const valueOf = figureReader(metric);
    const sign = isLower(metric) ? 1 : -1;
    return (trial: Measured) => sign * (valueOf(trial) ?? NaN) <= sign * bound;
  });
  return (trial) => checks.every((holds) => holds(trial));
}

/** Complete trials that the reader's bounds allow, equal models merged, with the front over the sweep's objectives. */
export function modelPoints(
  { objectives }: Pick<Sweep, 'objectives'>,
  trials: readonly ListedTrial[],
  axes: { x: string; y: string },
  bounds: Bounds,
): PlottedModel[] {
  const isWithin = boundFilter(bounds);
  const [xOf, yOf] = [figureReader(axes.x), figureReader(axes.y)];
  const [spanXOf, spanYOf] = [spanReader(axes.x), spanReader(axes.y)];
  const points: PlottedModel[] = [];
  for (const { trial, numbers } of merged(trials.filter((each) => each.state === 'complete' && isWithin(each)))) {
    const [x, y] = [xOf(trial), yOf(trial)];
    if (x === undefined || y === undefined) continue;
    const [spanX, spanY] = [spanXOf(trial), spanYOf(trial)];
    points.push({ trial, numbers, x, y, spanX, spanY, isFeasible: trial.violation === 0, isOnFront: false });
  }
  const feasible = points.filter(({ isFeasible }) => isFeasible);
  const goals = objectives.map(({ metric, direction }) => ({
    valueOf: figureReader(metric),
    sign: direction === 'minimize' ? 1 : -1,
  }));
  const values = feasible.map(({ trial }) => goals.map(({ valueOf, sign }) => sign * (valueOf(trial) ?? NaN)));
  for (const at of paretoFront(values)) {
    const point = feasible[at];
    if (point) point.isOnFront = true;
  }
  return points;
}

function merged(trials: readonly ListedTrial[]): Iterable<{ trial: ListedTrial; numbers: number[] }> {
  const byModel = new Map<string, { trial: ListedTrial; numbers: number[] }>();
  for (const trial of trials) {
    const key = trial.model ?? `trial ${trial.number}`;
    const known = byModel.get(key);
    if (known) known.numbers.push(trial.number);
    else byModel.set(key, { trial, numbers: [trial.number] });
  }
  return byModel.values();
}

/** The values between which a metric lies, for its slider; undefined where there are no two. */
export function rangeOf(trials: readonly ListedTrial[], metric: MetricName): { low: number; high: number } | undefined {
  const valueOf = figureReader(metric);
  let [low, high] = [Infinity, -Infinity];
  for (const trial of trials) {
    const value = valueOf(trial);
    if (value === undefined || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? { low, high } : undefined;
}
