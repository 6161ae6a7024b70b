import { cardinality, type Parameter, type Value, valueAt } from '#search';

/** Values of one parameter that a model tells apart, and those of a continuous one. */
const MOST = 64;
const SPREAD = 9;

/** The values of a parameter as the model of a space knows them: all, or some evenly spread with both ends. */
export function partValues(parameter: Parameter): Value[] {
  const count = cardinality(parameter);
  if (Number.isFinite(count)) return evenly(Math.min(count, MOST), count - 1).map((at) => valueAt(parameter, at));
  if (parameter.kind === 'choice') return [...parameter.values];
  const { min, max, log } = parameter;
  const between = (unit: number) => (log ? min * (max / min) ** unit : min + unit * (max - min));
  return Array.from({ length: SPREAD }, (_, i) => Number(between(i / (SPREAD - 1)).toPrecision(6)));
}

/** So many whole numbers from 0 to the last. */
export function evenly(count: number, last: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(1, count - 1)));
}
