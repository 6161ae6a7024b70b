/**
 * The cumulative distribution of the standard normal, by the continued fraction and series of erfc; errors below 1e-12.
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const upper = x < SERIES_END ? 0.5 - density * series(x) : density * fraction(x);
  return z > 0 ? 1 - upper : upper;
}

/** Where the fraction begins to converge faster than the series. */
const SERIES_END = 3;

/** x + x³/3 + x⁵/15 + ... (Abramowitz and Stegun 26.2.11). */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return sum;
}

/** 1 / (x + 1 / (x + 2 / (x + ...))) (Abramowitz and Stegun 26.2.14). */
function fraction(x: number): number {
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / tail;
  return 1 / tail;
}

/**
 * The point below which a share `p` of the standard normal lies: 0.975 -> 1.96. Found by halving, to the last digits.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  let [low, high] = [-40, 40];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
