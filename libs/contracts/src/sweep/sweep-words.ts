import { deviceMetricOf } from '../devices/device-gate.js';
import { formatDeviceMetric } from '../devices/device-metrics.js';
import { formatMetric } from '../metric-format.js';
import { asMetric, METRICS } from '../metric-table.js';
import type { Assignment, ParameterValue } from './ranges.js';
import { hasEnded, type Sweep, type SweepResults } from './rest.js';
import { counted } from '../counted.js';
import type { ListedTrial } from './trial-columns.js';

/**
 * How far a sweep is: trials that have ended, those that it may run in all, and seconds that are left, null where
 * nothing tells.
 */
export interface SweepProgress {
  ended: number;
  total: number;
  secondsLeft: number | null;
}

/** The time left is that of the trials that ended, per trial, for those that are to come. */
export function sweepProgress({ counts, forecast, searchedSeconds, state }: SweepAtWork): SweepProgress {
  const ended = counts.complete + counts.stopped + counts.failed + counts.infeasible;
  const total = Math.max(forecast.trials + (forecast.earlier ?? 0), ended + counts.running);
  if (hasEnded(state)) return { ended, total, secondsLeft: 0 };
  return { ended, total, secondsLeft: ended === 0 ? null : (searchedSeconds / ended) * (total - ended) };
}

type SweepAtWork = Pick<Sweep, 'counts' | 'searchedSeconds' | 'state'> & {
  forecast: Pick<Sweep['forecast'], 'trials' | 'earlier'>;
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

export function metricTitle(metric: string): string {
  const name = asMetric(metric);
  return name ? METRICS[name].title : metric;
}

/** What is read of a trial for a figure of it. */
type Measured = Pick<ListedTrial, 'metrics' | 'devices'>;

/** The figure of a trial; undefined where it has none, null where the ratio of signal to noise has no noise. */
export function figureOf({ metrics, devices }: Measured, metric: string): number | null | undefined {
  const name = asMetric(metric);
  return name ? metrics?.[name] : devices[metric];
}

/** That figure with its unit; empty where it was not measured. */
export function figureText(trial: Measured, metric: string): string {
  const [name, ofDevice, value] = [asMetric(metric), deviceMetricOf(metric), figureOf(trial, metric)];
  if (value === undefined) return '';
  if (name) return formatMetric(name, value);
  return ofDevice && value !== null ? formatDeviceMetric(ofDevice, value) : '';
}

type Remarkable = Pick<ListedTrial, 'state' | 'reason' | 'violated' | 'promotedAs'>;

/** What is known of a trial that is not complete, or does not hold its constraints. */
export function trialRemark({ state, reason, violated, promotedAs }: Remarkable): string {
  const parts = [
    state === 'complete' ? '' : (reason ?? ''),
    ...violated,
    promotedAs ? `promoted as ${promotedAs}` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** How far the model of the space was right; empty where the search had none, or none of its trials is complete. */
export function foresightText({ model }: Pick<SweepResults, 'model'>): string {
  if (!model) return '';
  const { bytesError: bytes, snrErrorDb: snr, trials } = model;
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  const parts = [
    ...(bytes ? [`bytes were foreseen to ${percent(bytes.median)} (at worst ${percent(bytes.worst)})`] : []),
    ...(snr ? [`SNR of the outputs to ${snr.median.toFixed(1)} dB (at worst ${snr.worst.toFixed(1)} dB)`] : []),
  ];
  return parts.length === 0 ? '' : `of ${counted(trials.length, 'trial')}, ${parts.join(', ')}`;
}
