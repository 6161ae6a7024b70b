import { asMetric, type MetricName } from '#contracts';
import type { Bounds } from './points.js';

/** What is chosen on the page of a sweep: all of it stands in the address. */
export interface SweepChoices {
  x: string;
  y: string;
  bounds: Bounds;
  /** Parameters, each with the share of its axis that is kept. */
  brushes: Readonly<Record<string, BrushedRange>>;
  sort: string;
  selected: readonly number[];
  columns: ShownColumns;
}

/** Kinds of columns of the table of trials. */
export const SHOWN_COLUMNS = ['objectives', 'options', 'figures', 'all'] as const;
export type ShownColumns = (typeof SHOWN_COLUMNS)[number];

export type BrushedRange = readonly [number, number];

const BOUND = 'm.';
const BRUSH = 'p.';
/** More are not compared side by side. */
export const MOST_SELECTED = 8;

export function choicesOf(query: URLSearchParams, objectives: readonly { metric: string }[]): SweepChoices {
  const entries = [...query];
  const isOf = (prefix: string) => entries.filter(([key]) => key.startsWith(prefix));
  const withPrefix = (prefix: string) => isOf(prefix).map(([key, value]) => [key.slice(prefix.length), value] as const);
  return {
    x: query.get('x') ?? objectives[0]?.metric ?? 'compressedBytes',
    y: query.get('y') ?? objectives[1]?.metric ?? 'outputSnrDb',
    bounds: Object.fromEntries(withPrefix(BOUND).flatMap(boundOf)),
    brushes: Object.fromEntries(withPrefix(BRUSH).flatMap(brushOf)),
    sort: query.get('sort') ?? 'number',
    columns: SHOWN_COLUMNS.find((kind) => kind === query.get('columns')) ?? 'objectives',
    selected: (query.get('sel') ?? '').split('.').filter(Boolean).map(Number).filter(Number.isInteger),
  };
}

function boundOf([name, text]: readonly [string, string]): [MetricName, number][] {
  const metric = asMetric(name);
  return metric && Number.isFinite(Number(text)) ? [[metric, Number(text)]] : [];
}

function brushOf([name, text]: readonly [string, string]): [string, BrushedRange][] {
  const [low = NaN, high = NaN] = text.split('~').map(Number);
  return low <= high ? [[name, [low, high]]] : [];
}

/** What changes of the address where a choice does; null takes it away. */
export const boundChange = (metric: MetricName, value: number | null) => ({
  [`${BOUND}${metric}`]: value === null ? null : String(Number(value.toPrecision(6))),
});
export const brushChange = (name: string, interval: BrushedRange | null) => ({
  [`${BRUSH}${name}`]: interval && interval.map((share) => Number(share.toFixed(3))).join('~'),
});
export const selectedChange = (numbers: readonly number[]) => ({ sel: numbers.join('.') || null });
