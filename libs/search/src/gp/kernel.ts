// Local constants are read faster than properties of a global, in a test's realm a hundred times.
const { sqrt, exp } = Math;

/** What a Gaussian process believes of a function: all in logarithms. */
export interface Hyperparameters {
  /** One length for each coordinate: how far a point tells of others. */
  logLengths: Float64Array;
  logSignal: number;
  logNoise: number;
}

const SQRT5 = sqrt(5);

/**
 * Matérn kernel with ν = 5/2 and a length for each coordinate (Rasmussen and Williams 2006, eq. 4.17): k = s² (1 + a +
 * a²/3) e^-a, a = √5 r.
 */
export function matern(x: Float64Array, y: Float64Array, inverseLengths: Float64Array, signal: number): number {
  let squared = 0;
  for (let i = 0; i < x.length; i++) squared += ((x[i]! - y[i]!) * inverseLengths[i]!) ** 2;
  const a = SQRT5 * sqrt(squared);
  return signal * (1 + a + (a * a) / 3) * exp(-a);
}

/** dk / d(log length_i) divided by ((x_i - y_i) / length_i)²: 5/3 s² (1 + a) e^-a. */
export function maternSlope(x: Float64Array, y: Float64Array, inverseLengths: Float64Array, signal: number): number {
  let squared = 0;
  for (let i = 0; i < x.length; i++) squared += ((x[i]! - y[i]!) * inverseLengths[i]!) ** 2;
  const a = SQRT5 * sqrt(squared);
  return (5 / 3) * signal * (1 + a) * exp(-a);
}
