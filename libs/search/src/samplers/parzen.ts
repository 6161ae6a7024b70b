import type { Random } from '#numbers';
import { gaussian, pickWeighted } from '../random.js';
import {
  cardinality,
  fromUnit,
  isOrdered,
  toUnit,
  valueAt,
  type ParameterValues,
  type Parameter,
  type Value,
} from '../space/parameter.js';
import type { Space } from '../space/space.js';
import { quickNormalCdf } from './normal.js';

// Local constants are read faster than properties of a global, in a test's realm a hundred times.
const { exp, log, max, min, floor } = Math;

/** Bandwidth of one observation, as a share of the range. */
const WIDTH = 0.2;
/** Weight of the prior, which is flat over the range, against one observation. */
const PRIOR = 1;
/** Draws from a kernel that may miss the range before the nearest end is taken. */
const DRAWS = 16;

/**
 * One parameter's side of a mixture: the density of kernel k at a value, and a draw from it. Kernel `count` is the
 * prior.
 */
interface Marginal {
  logDensity(kernel: number, value: Value | undefined): number;
  draw(kernel: number, random: Random): Value;
}

/**
 * A multivariate Parzen estimator over assignments: a mixture of products of one kernel for each parameter, one product
 * for each observation, and a flat prior (Bergstra et al. 2011; Falkner et al. 2018 for the joint form; the bandwidth
 * is Scott's rule, Watanabe 2023). Numbers take truncated normals, ordered lists normals integrated over each cell,
 * other lists the observed value with the rest spread over all.
 */
export class ParzenEstimator {
  private readonly marginals: Marginal[];
  private readonly weights: number[];
  private readonly logWeights: Float64Array;

  constructor(
    private readonly space: Space,
    observations: readonly ParameterValues[],
    weights: readonly number[] = observations.map(() => 1),
  ) {
    const total = weights.reduce((sum, weight) => sum + weight, PRIOR);
    this.weights = [...weights, PRIOR].map((weight) => weight / total);
    this.logWeights = Float64Array.from(this.weights, log);
    this.marginals = space.parameters.map((parameter) => marginalOf(parameter, observations, space.parameters.length));
  }

  draw(random: Random): ParameterValues {
    const kernel = pickWeighted(this.weights, random);
    return this.space.assign((_, at) => this.marginals[at]!.draw(kernel, random));
  }

  /**
   * The logarithm of the density at an assignment, up to a factor that is the same for every estimator over the space.
   */
  logDensity(assignment: ParameterValues): number {
    const logs = this.logWeights.slice();
    this.space.parameters.forEach((parameter, at) => {
      const value = assignment[parameter.name];
      for (let kernel = 0; kernel < logs.length; kernel++)
        logs[kernel]! += this.marginals[at]!.logDensity(kernel, value);
    });
    return logSumExp(logs);
  }
}

function logSumExp(logs: Float64Array): number {
  let most = -Infinity;
  for (const log of logs) if (log > most) most = log;
  let sum = 0;
  for (const log of logs) sum += exp(log - most);
  return most + log(sum);
}

/** A parameter that an observation does not have says nothing there: the prior stands in for it. */
function marginalOf(parameter: Parameter, observations: readonly ParameterValues[], dimensions: number): Marginal {
  const values = observations.map((assignment) => assignment[parameter.name]);
  if (!isOrdered(parameter)) return categorical(parameter, values);
  return Number.isFinite(cardinality(parameter))
    ? discrete(parameter, values, dimensions)
    : continuous(parameter, values, dimensions);
}

/** Scott's rule in d dimensions, never narrower than a share of the range that falls with the number of kernels. */
function bandwidth(observations: number, dimensions: number): number {
  const scott = WIDTH * max(1, observations) ** (-1 / (dimensions + 4));
  return max(scott, 1 / min(100, 2 + observations));
}

function continuous(parameter: Parameter, values: readonly (Value | undefined)[], dimensions: number): Marginal {
  const width = bandwidth(values.length, dimensions);
  const centers = Float64Array.from(values, (value) => (value === undefined ? NaN : toUnit(parameter, value)));
  const massOf = (center: number) => quickNormalCdf((1 - center) / width) - quickNormalCdf(-center / width);
  const logMass = centers.map((center) => log(massOf(center)));
  const scale = -0.5 * log(2 * Math.PI) - log(width);
  return {
    logDensity(kernel, value) {
      const center = centers[kernel];
      if (value === undefined || center === undefined || Number.isNaN(center)) return 0;
      const z = (toUnit(parameter, value) - center) / width;
      return scale - 0.5 * z * z - logMass[kernel]!;
    },
    draw(kernel, random) {
      const center = centers[kernel];
      return fromUnit(
        parameter,
        center === undefined || Number.isNaN(center) ? random() : truncated(center, width, random),
      );
    },
  };
}

function truncated(center: number, width: number, random: Random): number {
  for (let i = 0; i < DRAWS; i++) {
    const unit = center + width * gaussian(random);
    if (unit >= 0 && unit <= 1) return unit;
  }
  return min(1, max(0, center));
}

/** Kernels by the cell that was observed: a table of the mass that each puts on every cell. */
function discrete(parameter: Parameter, values: readonly (Value | undefined)[], dimensions: number): Marginal {
  const cells = cardinality(parameter);
  const width = max(bandwidth(values.length, dimensions), 0.5 / cells);
  const edge = (cell: number, center: number) => quickNormalCdf((cell / cells - center) / width);
  const cellOf = (value: Value) => min(cells - 1, floor(toUnit(parameter, value) * cells));
  return tabulated(
    parameter,
    values.map((value) => (value === undefined ? undefined : cellOf(value))),
    cells,
    cellOf,
    (observed) => {
      const center = (observed + 0.5) / cells;
      const massOf = (cell: number) => edge(cell + 1, center) - edge(cell, center) + 1e-12;
      return Array.from({ length: cells }, (_, cell) => massOf(cell));
    },
  );
}

function categorical(parameter: Parameter, values: readonly (Value | undefined)[]): Marginal {
  const cells = cardinality(parameter);
  const cellOf = (value: Value) => min(cells - 1, floor(toUnit(parameter, value) * cells));
  const spread = PRIOR / (values.length + 1);
  return tabulated(
    parameter,
    values.map((value) => (value === undefined ? undefined : cellOf(value))),
    cells,
    cellOf,
    (observed) => Array.from({ length: cells }, (_, cell) => (cell === observed ? 1 : 0) + spread / cells),
  );
}

function tabulated(
  parameter: Parameter,
  observed: readonly (number | undefined)[],
  cells: number,
  cellOf: (value: Value) => number,
  masses: (observed: number) => number[],
): Marginal {
  const table = Array.from({ length: cells }, (_, cell) => {
    const row = masses(cell);
    const total = row.reduce((sum, mass) => sum + mass, 0);
    return row.map((mass) => mass / total);
  });
  const logs = table.map((row) => row.map(log));
  const flat = -log(cells);
  return {
    logDensity(kernel, value) {
      if (value === undefined) return 0;
      const center = observed[kernel];
      return center === undefined ? flat : logs[center]![cellOf(value)]!;
    },
    draw(kernel, random) {
      const center = observed[kernel];
      return valueAt(parameter, center === undefined ? floor(random() * cells) : pickWeighted(table[center]!, random));
    },
  };
}
