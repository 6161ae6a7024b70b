import {
  asMetric,
  formatMetric,
  METRICS,
  valueText,
  type ParameterValue,
  type SweepParameter,
  type Trial,
} from '#contracts';
import type { Interval } from './choices.js';
import { numberOf, rangeOf } from './points.js';

/** A parameter, or a figure, as an axis from 0 to 1. */
export interface ParameterAxis {
  name: string;
  /** Undefined where the trial has no value. */
  at(trial: Trial): number | undefined;
  ticks: { share: number; text: string }[];
}

/** The axis of a parameter: its values in their order, or a span of numbers. */
export function axisOfParameter({ name, values, min, max, log }: SweepParameter): ParameterAxis {
  const valueOf = ({ assignment }: Trial) => assignment[name];
  if (values !== null && !isSpan(values)) return listAxis(name, values, valueOf);
  const ends = values ? [Math.min(...(values as number[])), Math.max(...(values as number[]))] : [min ?? 0, max ?? 1];
  const [low = 0, high = 1] = ends;
  const bent = (value: number) => (log ? Math.log(value) : value);
  const at = (value: number) => (high === low ? 0.5 : (bent(value) - bent(low)) / (bent(high) - bent(low)));
  const shown = values ?? [low, high];
  return {
    name,
    at: (trial) => {
      const value = valueOf(trial);
      return typeof value === 'number' ? at(value) : undefined;
    },
    ticks: shown.map((value) => ({ share: at(value as number), text: valueText(value) })),
  };
}

/** Ticks of the axis of a figure. */
const FIGURE_TICKS = [0, 0.5, 1];

/** The axis of a figure, from the least to the most that a complete trial has; none where all have the same. */
export function axisOfFigure(metric: string, trials: readonly Trial[]): ParameterAxis[] {
  const name = asMetric(metric);
  const range =
    name &&
    rangeOf(
      trials.filter(({ state }) => state === 'complete'),
      name,
    );
  if (!name || !range) return [];
  const span = range.high - range.low;
  return [
    {
      name: METRICS[name].title,
      at: (trial) => {
        const value = trial.state === 'complete' ? numberOf(trial, name) : undefined;
        return value === undefined || !Number.isFinite(value) ? undefined : (value - range.low) / span;
      },
      ticks: FIGURE_TICKS.map((share) => ({ share, text: formatMetric(name, range.low + share * span) })),
    },
  ];
}

/** More values than these are told by the ends of their span. */
const MOST_LISTED = 12;
const isSpan = (values: readonly ParameterValue[]): boolean =>
  values.length > MOST_LISTED && values.every((value) => typeof value === 'number');

function listAxis(
  name: string,
  values: readonly ParameterValue[],
  valueOf: (trial: Trial) => ParameterValue | undefined,
): ParameterAxis {
  const share = (index: number) => (values.length < 2 ? 0.5 : index / (values.length - 1));
  return {
    name,
    at: (trial) => {
      const index = values.findIndex((value) => value === valueOf(trial));
      return index < 0 ? undefined : share(index);
    },
    ticks: values.map((value, index) => ({ share: share(index), text: valueText(value) })),
  };
}

/** Whether a trial lies within all brushes; one without the parameter lies outside of its brush. */
export function isBrushed(
  trial: Trial,
  axes: readonly ParameterAxis[],
  brushes: Readonly<Record<string, Interval>>,
): boolean {
  return axes.every((axis) => {
    const brush = brushes[axis.name];
    if (!brush) return true;
    const share = axis.at(trial);
    return share !== undefined && share >= brush[0] - 1e-6 && share <= brush[1] + 1e-6;
  });
}
