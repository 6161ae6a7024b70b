import { roundHalfEven, elementOf } from '#onnx';

/** A matrix of weights, one row per output channel, and the grid of each row. */
export interface RoundingProblem {
  values: Float32Array;
  rows: number;
  /** One per row and block of `blockSize` columns, [rows, blocks]. */
  scales: Float32Array;
  blockSize: number;
  lowest: number;
  limit: number;
}

/** Second moments of the vectors that the rows multiply, [size, size]. */
export interface SecondMoments {
  size: number;
  second: Float64Array;
}

/**
 * Share of the mean diagonal added to the second moments, so that they can be inverted (Frantar et al. 2023, section
 * 3.3).
 */
const DAMPING = 0.01;

/**
 * Rounds weights to their grids column by column, and lets the columns still to come make up for each error, so that
 * the layer's output and not the weights stay close (GPTQ). Returns floats that lie on the grid. Weights that are zero
 * stay zero.
 */
export function gptq(problem: RoundingProblem, moments: SecondMoments): Float32Array {
  const { rows, scales, blockSize, lowest, limit } = problem;
  const { size } = moments;
  const order = strongestFirst(moments);
  const blocks = Math.ceil(size / blockSize);
  const placeOf = (at: number) => at - (at % size) + elementOf(order, at % size, 'order');
  const weights = Float64Array.from(problem.values, (_, at) => problem.values[placeOf(at)]!);
  const rounded = new Float32Array(weights.length);
  const factor = inverseFactor(damped(moments, order), size);
  for (let column = 0; column < size; column++) {
    const diagonal = factor[column * size + column]!;
    for (let row = 0; row < rows; row++) {
      const at = row * size + column;
      const original = row * size + elementOf(order, column, 'order');
      const scale = scales[row * blocks + Math.floor(elementOf(order, column, 'order') / blockSize)]!;
      const isZero = problem.values[original] === 0;
      const value = isZero ? 0 : scale * Math.min(limit, Math.max(lowest, roundHalfEven(weights[at]! / scale)));
      rounded[original] = value;
      const error = (weights[at]! - value) / diagonal;
      if (error === 0) continue;
      for (let next = column + 1; next < size; next++)
        weights[row * size + next]! -= error * factor[column * size + next]!;
    }
  }
  return rounded;
}

/**
 * Columns by the power of what they multiply: the errors that weigh most are made while most columns are left to make
 * up for them.
 */
function strongestFirst({ second, size }: SecondMoments): number[] {
  return [...Array(size).keys()].sort((a, b) => second[b * size + b]! - second[a * size + a]! || a - b);
}

function damped({ second, size }: SecondMoments, order: readonly number[]): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      matrix[i * size + j] = second[elementOf(order, i, 'order') * size + elementOf(order, j, 'order')]!;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  for (let i = 0; i < size; i++) matrix[i * size + i]! += (DAMPING * trace) / size || 1;
  return matrix;
}

/**
 * The upper triangular U with UᵀU = H⁻¹. With H = R Rᵀ for an upper triangular R (Cholesky from the last row up), U =
 * R⁻¹: one decomposition and one triangular inverse.
 */
export function inverseFactor(matrix: Float64Array, size: number): Float64Array {
  const upper = matrix.slice();
  for (let j = size - 1; j >= 0; j--) {
    for (let i = j; i >= 0; i--) {
      let sum = matrix[i * size + j]!;
      for (let k = j + 1; k < size; k++) sum -= upper[i * size + k]! * upper[j * size + k]!;
      upper[i * size + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / upper[j * size + j]!;
    }
    for (let i = j + 1; i < size; i++) upper[i * size + j] = 0;
  }
  return invertUpper(upper, size);
}

function invertUpper(upper: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = size - 1; i >= 0; i--) {
    const row = inverse.subarray(i * size, (i + 1) * size);
    row[i] = 1;
    for (let k = i + 1; k < size; k++) {
      const factor = upper[i * size + k]!;
      if (factor === 0) continue;
      for (let j = k; j < size; j++) row[j]! -= factor * inverse[k * size + j]!;
    }
    const diagonal = upper[i * size + i]!;
    for (let j = i; j < size; j++) row[j]! /= diagonal;
  }
  return inverse;
}
