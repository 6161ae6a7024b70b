import { asMetric, figureOf, METRIC_NAMES, METRICS, type MetricName, type Sweep, type Trial } from '#contracts';
import { paretoFront } from '#search';

/** A model that trials came to, with the figures by which it is ranked. */
export interface PlottedModel {
  /** The first trial that came to it; the others have the same bytes. */
  trial: Trial;
  numbers: readonly number[];
  x: number;
  y: number;
  isFeasible: boolean;
  /** Whether no other feasible model within the bounds is better in every objective. */
  isOnFront: boolean;
}

/** What the reader allows: the worst value of a metric that still counts. */
export type Bounds = Readonly<Partial<Record<MetricName, number>>>;

/** A figure as a number: no noise at all is more than any ratio. */
export function numberOf(trial: Pick<Trial, 'metrics'>, metric: string): number | undefined {
  const value = figureOf(trial, metric);
  return value === null ? Infinity : value;
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

/** The metrics that some complete trial has: those of the sweep first, then the usual ones. */
export function measuredMetrics({ objectives }: Pick<Sweep, 'objectives'>, trials: readonly Trial[]): MetricName[] {
  const own = objectives.flatMap(({ metric }) => asMetric(metric) ?? []);
  const ordered = [...new Set([...own, ...USUAL, ...METRIC_NAMES])];
  return ordered.filter((name) => trials.some((trial) => numberOf(trial, name) !== undefined));
}

const isLower = (metric: string): boolean => {
  const name = asMetric(metric);
  return name === undefined || METRICS[name].better === 'lower';
};

export function isWithin(trial: Pick<Trial, 'metrics'>, bounds: Bounds): boolean {
  return Object.entries(bounds).every(([metric, bound]) => {
    const value = numberOf(trial, metric);
    return value !== undefined && (isLower(metric) ? value <= bound : value >= bound);
  });
}

/** Complete trials that the reader's bounds allow, equal models merged, with the front over the sweep's objectives. */
export function modelPoints(
  { objectives }: Pick<Sweep, 'objectives'>,
  trials: readonly Trial[],
  axes: { x: string; y: string },
  bounds: Bounds,
): PlottedModel[] {
  const shown = merged(trials.filter((trial) => trial.state === 'complete' && isWithin(trial, bounds)));
  const points = shown.flatMap(({ trial, numbers }): PlottedModel[] => {
    const [x, y] = [numberOf(trial, axes.x), numberOf(trial, axes.y)];
    return x === undefined || y === undefined
      ? []
      : [{ trial, numbers, x, y, isFeasible: trial.violation === 0, isOnFront: false }];
  });
  const feasible = points.filter(({ isFeasible }) => isFeasible);
  const values = feasible.map(({ trial }) =>
    objectives.map(({ metric, direction }) => {
      const value = numberOf(trial, metric) ?? NaN;
      return direction === 'minimize' ? value : -value;
    }),
  );
  for (const at of paretoFront(values)) {
    const point = feasible[at];
    if (point) point.isOnFront = true;
  }
  return points;
}

function merged(trials: readonly Trial[]): { trial: Trial; numbers: number[] }[] {
  const byModel = new Map<string, { trial: Trial; numbers: number[] }>();
  for (const trial of trials) {
    const key = trial.modelDigest ?? `trial ${trial.number}`;
    const known = byModel.get(key);
    if (known) known.numbers.push(trial.number);
    else byModel.set(key, { trial, numbers: [trial.number] });
  }
  return [...byModel.values()];
}

/** The values between which a metric lies, for its slider; undefined where there are no two. */
export function rangeOf(trials: readonly Trial[], metric: MetricName): { low: number; high: number } | undefined {
  const values = trials.map((trial) => numberOf(trial, metric)).filter((value) => Number.isFinite(value)) as number[];
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return low < high ? { low, high } : undefined;
}
