import { cardinality, isOrdered, toUnit, type ParameterValues } from '../space/parameter.js';
import type { Space } from '../space/space.js';

export interface ScoredAssignment {
  assignment: ParameterValues;
  /** The smaller the better: an objective, or a rank among several. */
  score: number;
}

/** Cells that a number's range is cut into. */
const CELLS = 32;
/** Share of the trials that count as good. */
const GOOD_SHARE = 0.1;

/**
 * How much each parameter decides whether a trial is good, as shares of 1: PED-ANOVA (Watanabe, Bansal and Hutter
 * 2023), the Pearson divergence of the parameter's density among the best tenth from its density among all, over cells
 * of its range. Zeros where nothing can be told.
 */
export function parameterImportance(space: Space, trials: readonly ScoredAssignment[]): Record<string, number> {
  const limit = quantile(
    trials.map(({ score }) => score),
    GOOD_SHARE,
  );
  const good = trials.filter(({ score }) => score <= limit);
  const raw = space.parameters.map((parameter) => {
    const count = cardinality(parameter);
    const cells = Math.min(count, isOrdered(parameter) ? CELLS : count) + 1;
    const cellOf = ({ assignment }: ScoredAssignment) => {
      const value = assignment[parameter.name];
      if (value === undefined) return cells - 1;
      const cell = Math.floor(toUnit(parameter, value) * (cells - 1));
      return Math.min(cells - 2, cell);
    };
    return divergence(density(good.map(cellOf), cells), density(trials.map(cellOf), cells));
  });
  const total = raw.reduce((sum, value) => sum + value, 0);
  const shareOf = (i: number) => (total > 0 ? raw[i]! / total : 0);
  return Object.fromEntries(space.parameters.map(({ name }, i) => [name, shareOf(i)]));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Relative frequencies, with one observation spread over all cells so that none is empty. */
function density(cells: readonly number[], count: number): Float64Array {
  const counts = new Float64Array(count).fill(1 / count);
  for (const cell of cells) counts[cell]! += 1;
  return counts.map((value) => value / (cells.length + 1));
}

/** Σ q (p/q - 1)². */
function divergence(p: Float64Array, q: Float64Array): number {
  const term = (value: number, other: number) => other * (value / other - 1) ** 2;
  return p.reduce((sum, value, i) => sum + term(value, q[i]!), 0);
}
