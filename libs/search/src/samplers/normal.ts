// Local constants are read faster than properties of a global, in a test's realm a hundred times.
const { abs, sign, exp } = Math;

/** The error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
export function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * abs(x));
  const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1 - tail * exp(-x * x));
}

/** The standard normal distribution function. */
export function quickNormalCdf(z: number): number {
  return 0.5 * (1 + erf(z / Math.SQRT2));
}

/** The standard normal density. */
export function normalPdf(z: number): number {
  return exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}
