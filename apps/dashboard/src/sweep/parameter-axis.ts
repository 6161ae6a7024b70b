import {
  asMetric,
  formatMetric,
  METRICS,
  valueText,
  type ParameterValue,
  type SweepParameter,
  type ListedTrial,
} from '#contracts';
import type { Cell } from '../csv.js';
import type { BrushedRange } from './choices.js';
import { figureReader, rangeOf } from './points.js';

/** A parameter, or a figure, as an axis from 0 to 1. */
export interface ParameterAxis {
  name: string;
  /** Undefined where the trial has no value. */
  at(trial: ListedTrial): number | undefined;
  /** The value itself, for a table. */
  cell(trial: ListedTrial): Cell;
  ticks: { share: number; text: string }[];
}

/** The axis of a parameter: its values in their order, or a span of numbers. */
export function axisOfParameter({ name, values, min, max, log }: SweepParameter): ParameterAxis {
  const valueOf = ({ assignment }: ListedTrial) => assignment[name];
  if (values !== null && !isSpan(values)) return listAxis(name, values, valueOf);
  const ends = values ? [Math.min(...(values as number[])), Math.max(...(values as number[]))] : [min ?? 0, max ?? 1];
  const [low = 0, high = 1] = ends;
  const bent = (value: number) => (log ? Math.log(value) : value);
  const span = bent(high) - bent(low);
  const at = (value: number) => (high === low ? 0.5 : (bent(value) - bent(low)) / span);
  const shown = values ?? [low, high];
  return {
    name,
    at: (trial) => {
      const value = valueOf(trial);
      return typeof value === 'number' ? at(value) : undefined;
    },
    cell: (trial) => cellOf(valueOf(trial)),
    ticks: shown.map((value) => ({ share: at(value as number), text: valueText(value) })),
  };
}

const cellOf = (value: ParameterValue | undefined): Cell => (typeof value === 'number' ? value : valueText(value));

/** Ticks of the axis of a figure. */
const FIGURE_TICKS = [0, 0.5, 1];

/** The axis of a figure, from the least to the most that a complete trial has; none where all have the same. */
export function axisOfFigure(metric: string, complete: readonly ListedTrial[]): ParameterAxis[] {
  const name = asMetric(metric);
  const range = name && rangeOf(complete, name);
  if (!name || !range) return [];
  const span = range.high - range.low;
  const valueOf = figureReader(name);
  return [
    {
      name: METRICS[name].title,
      at: (trial) => {
        const value = trial.state === 'complete' ? valueOf(trial) : undefined;
        return value === undefined || !Number.isFinite(value) ? undefined : (value - range.low) / span;
      },
      cell: valueOf,
      ticks: FIGURE_TICKS.map((share) => ({ share, text: formatMetric(name, range.low + share * span) })),
    },
  ];
}

/** More values than these are told by the ends of their span. */
const MOST_LISTED = 12;
function isSpan(values: readonly ParameterValue[]): boolean {
  return values.length > MOST_LISTED && values.every((value) => typeof value === 'number');
}

function listAxis(
  name: string,
  values: readonly ParameterValue[],
  valueOf: (trial: ListedTrial) => ParameterValue | undefined,
): ParameterAxis {
  const share = (index: number) => (values.length < 2 ? 0.5 : index / (values.length - 1));
  return {
    name,
    at: (trial) => {
      const own = valueOf(trial);
      const index = values.findIndex((value) => value === own);
      return index < 0 ? undefined : share(index);
    },
    cell: (trial) => cellOf(valueOf(trial)),
    ticks: values.map((value, index) => ({ share: share(index), text: valueText(value) })),
  };
}

/** Tells whether a trial lies within all brushes; one without the parameter lies outside of its brush. */
export function brushFilter(
  axes: readonly ParameterAxis[],
  brushes: Readonly<Record<string, BrushedRange>>,
): (trial: ListedTrial) => boolean {
  const brushed = axes.flatMap((axis) => {
    const brush = brushes[axis.name];
    return brush ? [{ axis, brush }] : [];
  });
  return (trial) =>
    brushed.every(({ axis, brush }) => {
      const share = axis.at(trial);
      return share !== undefined && share >= brush[0] - 1e-6 && share <= brush[1] + 1e-6;
    });
}
