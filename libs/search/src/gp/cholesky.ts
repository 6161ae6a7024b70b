// Local constants are read faster than properties of a global, in a test's realm a hundred times.
const { sqrt } = Math;

/** A lower triangular matrix L with A = L Lᵀ, row-major [n, n]. */
export interface Cholesky {
  n: number;
  lower: Float64Array;
}

/** Factors a symmetric positive matrix; null where it is not positive to working precision. */
export function cholesky(matrix: Float64Array, n: number): Cholesky | null {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!;
      else if (sum > 0) lower[i * n + i] = sqrt(sum);
      else return null;
    }
  }
  return { n, lower };
}

/** Solves L x = b. */
export function solveLower({ n, lower }: Cholesky, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * x[k]!;
    x[i] = sum / lower[i * n + i]!;
  }
  return x;
}

/** Solves A x = b. */
export function solve(factor: Cholesky, b: ArrayLike<number>): Float64Array {
  const { n, lower } = factor;
  const x = solveLower(factor, b);
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < n; k++) sum -= lower[k * n + i]! * x[k]!;
    x[i] = sum / lower[i * n + i]!;
  }
  return x;
}

/** The inverse of A, row-major. */
export function inverse(factor: Cholesky): Float64Array {
  const { n } = factor;
  const result = new Float64Array(n * n);
  const unit = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    unit[i] = 1;
    result.set(solve(factor, unit), i * n);
    unit[i] = 0;
  }
  return result;
}
