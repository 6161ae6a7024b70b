import type { Trial } from '#contracts';
import { numberOf } from './points.js';

/** By a column; trials without a value go last whichever way it is. */
export function sortedBy(trials: readonly Trial[], sort: string): Trial[] {
  const isDown = sort.startsWith('-');
  const column = isDown ? sort.slice(1) : sort;
  const sign = isDown ? -1 : 1;
  return [...trials].sort((a, b) => {
    const [left, right] = [cellOf(a, column), cellOf(b, column)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right) || a.number - b.number;
    return sign * String(left).localeCompare(String(right)) || a.number - b.number;
  });
}

function cellOf(trial: Trial, column: string): number | string | undefined {
  if (column.startsWith('m.')) return numberOf(trial, column.slice(2));
  if (!column.startsWith('p.')) return column === 'state' ? trial.state : trial.number;
  const value = trial.assignment[column.slice(2)];
  return typeof value === 'boolean' ? String(value) : value;
}
