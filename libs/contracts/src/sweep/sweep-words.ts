import { formatMetric, METRIC_NAMES, METRICS, type MetricName } from '../metric-table.js';
import type { Assignment, ParameterValue } from './ranges.js';
import { hasEnded, type Sweep } from './rest.js';
import type { Trial } from './trial.js';

/** How far a sweep is: trials that have ended, those that it may run in all, and seconds that are left, null where nothing tells. */
export interface SweepProgress {
  ended: number;
  total: number;
  secondsLeft: number | null;
}

/** The time left is that of the trials that ended, per trial, for those that are to come. */
export function sweepProgress({ counts, forecast, searchedSeconds, state }: SweepAtWork): SweepProgress {
  const ended = counts.complete + counts.stopped + counts.failed + counts.infeasible;
  const total = Math.max(forecast.trials, ended + counts.running);
  if (hasEnded(state)) return { ended, total, secondsLeft: 0 };
  return { ended, total, secondsLeft: ended === 0 ? null : (searchedSeconds / ended) * (total - ended) };
}

type SweepAtWork = Pick<Sweep, 'counts' | 'searchedSeconds' | 'state'> & {
  forecast: Pick<Sweep['forecast'], 'trials'>;
};

/** What a trial tries, in a line: "bits 4, ratio 0.5". */
export function assignmentText(assignment: Assignment): string {
  const text = Object.entries(assignment).map(([name, value]) => `${name} ${valueText(value)}`);
  return text.join(', ') || 'as it stands';
}

/** A parameter's value in a few characters. */
export function valueText(value: ParameterValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

/** A metric's name as that of the table, where it is one. */
export const asMetric = (metric: string): MetricName | undefined => METRIC_NAMES.find((name) => name === metric);

export function metricTitle(metric: string): string {
  const name = asMetric(metric);
  return name ? METRICS[name].title : metric;
}

/** The figure of a trial; undefined where it has none, or where the ratio of signal to noise has no noise. */
export function figureOf({ metrics }: Pick<Trial, 'metrics'>, metric: string): number | null | undefined {
  const name = asMetric(metric);
  return name ? metrics?.[name] : undefined;
}

/** That figure with its unit; empty where it was not measured. */
export function figureText(trial: Pick<Trial, 'metrics'>, metric: string): string {
  const [name, value] = [asMetric(metric), figureOf(trial, metric)];
  return name === undefined || value === undefined ? '' : formatMetric(name, value);
}

/** What is known of a trial that is not complete, or does not hold its constraints. */
export function trialRemark({ state, reason, violated, promotedAs }: Trial): string {
  const parts = [
    state === 'complete' ? '' : (reason ?? ''),
    ...violated,
    promotedAs ? `promoted as ${promotedAs}` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}
