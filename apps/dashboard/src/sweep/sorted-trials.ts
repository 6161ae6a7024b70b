import type { ListedTrial } from '#contracts';
import { figureReader } from './points.js';

/** By a column; trials without a value go last whichever way it is. Trials come by their numbers. */
export function sortedBy(trials: readonly ListedTrial[], sort: string): readonly ListedTrial[] {
  if (sort === 'number') return trials;
  const isDown = sort.startsWith('-');
  const cellOf = cellReader(isDown ? sort.slice(1) : sort);
  const sign = isDown ? -1 : 1;
  const keyed = trials.map((trial) => ({ trial, cell: cellOf(trial) }));
  keyed.sort(({ trial: a, cell: left }, { trial: b, cell: right }) => {
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right) || a.number - b.number;
    return sign * WORDS.compare(String(left), String(right)) || a.number - b.number;
  });
  return keyed.map(({ trial }) => trial);
}

const WORDS = new Intl.Collator();

function cellReader(column: string): (trial: ListedTrial) => number | string | undefined {
  if (column.startsWith('m.')) return figureReader(column.slice(2));
  if (!column.startsWith('p.')) return column === 'state' ? ({ state }) => state : ({ number }) => number;
  const name = column.slice(2);
  return ({ assignment }) => {
    const value = assignment[name];
    return typeof value === 'boolean' ? String(value) : value;
  };
}
