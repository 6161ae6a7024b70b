import { cholesky, inverse, solve, solveLower, type Cholesky } from './cholesky.js';
import { matern, maternSlope, type Hyperparameters } from './kernel.js';

// Local constants are read faster than properties of a global, in a test's realm a hundred times.
const { exp, log, sqrt, min, max, sign } = Math;

/** A belief about a value that was not measured. */
export interface Belief {
  mean: number;
  deviation: number;
}

/**
 * Prior of the logarithms of lengths, signal and noise: mean and deviation. Lengths near half the range, little noise.
 */
const PRIOR = { length: [log(0.5), 1], signal: [0, 0.7], noise: [log(1e-4), 1.5] } as const;
/** Steps of the search for the likeliest hyperparameters, from the prior and from those of the fit before. */
const FIRST_STEPS = 40;
const NEXT_STEPS = 8;

/**
 * A Gaussian process over points of the unit cube: constant mean, Matérn 5/2 kernel, noise; its hyperparameters are
 * those of the largest posterior density (Rasmussen and Williams 2006, algorithm 2.1 and eq. 5.9), found by Rprop from
 * those given.
 */
export class GaussianProcess {
  readonly hyperparameters: Hyperparameters;
  private readonly mean: number;
  private readonly scale: number;
  private readonly factor: Cholesky;
  private readonly alpha: Float64Array;
  private readonly inverseLengths: Float64Array;

  constructor(
    private readonly points: readonly Float64Array[],
    values: readonly number[],
    before?: Hyperparameters,
    isToBeFitted = true,
  ) {
    this.mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - this.mean) ** 2, 0);
    this.scale = sqrt(squares / values.length) || 1;
    const standard = Float64Array.from(values, (value) => (value - this.mean) / this.scale);
    this.hyperparameters = before && !isToBeFitted ? before : fit(points, standard, before);
    this.inverseLengths = this.hyperparameters.logLengths.map((length) => exp(-length));
    this.factor = factorOf(points, this.hyperparameters);
    this.alpha = solve(this.factor, standard);
  }

  predict(point: Float64Array): Belief {
    const signal = exp(this.hyperparameters.logSignal);
    const covariances = Float64Array.from(this.points, (other) => matern(point, other, this.inverseLengths, signal));
    let mean = 0;
    for (let i = 0; i < covariances.length; i++) mean += covariances[i]! * this.alpha[i]!;
    const explained = solveLower(this.factor, covariances);
    let variance = signal;
    for (const value of explained) variance -= value * value;
    return { mean: this.mean + this.scale * mean, deviation: this.scale * sqrt(max(1e-12, variance)) };
  }
}

/** Points that lie on each other need noise to tell them apart: it is raised until the matrix can be factored. */
function factorOf(points: readonly Float64Array[], { logLengths, logSignal, logNoise }: Hyperparameters): Cholesky {
  for (let noise = exp(logNoise) + 1e-8; ; noise *= 10) {
    const factor = cholesky(covariance(points, logLengths, logSignal, noise), points.length);
    if (factor) return factor;
  }
}

function covariance(
  points: readonly Float64Array[],
  logLengths: Float64Array,
  logSignal: number,
  noise: number,
): Float64Array {
  const n = points.length;
  const inverseLengths = logLengths.map((length) => exp(-length));
  const signal = exp(logSignal);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const shared = matern(points[i]!, points[j]!, inverseLengths, signal);
      matrix[i * n + j] = matrix[j * n + i] = shared;
    }
    matrix[i * n + i] = signal + noise;
  }
  return matrix;
}

function fit(
  points: readonly Float64Array[],
  values: Float64Array,
  before: Hyperparameters | undefined,
): Hyperparameters {
  const dimensions = points[0]?.length ?? 0;
  const start = before
    ? [...before.logLengths, before.logSignal, before.logNoise]
    : [...lengthsOf(dimensions), PRIOR.signal[0], PRIOR.noise[0]];
  const climb = (theta: readonly number[]) => posterior(points, values, unpack(theta, dimensions));
  const best = rprop(start, before ? NEXT_STEPS : FIRST_STEPS, climb);
  return unpack(best, dimensions);
}

/** The lengths that are likeliest before anything is known. */
function lengthsOf(dimensions: number): number[] {
  return Array<number>(dimensions).fill(PRIOR.length[0]);
}

function unpack(theta: readonly number[], dimensions: number): Hyperparameters {
  const logLengths = Float64Array.from(theta.slice(0, dimensions));
  return { logLengths, logSignal: theta[dimensions]!, logNoise: theta[dimensions + 1]! };
}

/**
 * Log posterior density of hyperparameters, up to a constant, and its gradient; null where the matrix cannot be
 * factored.
 */
function posterior(
  points: readonly Float64Array[],
  values: Float64Array,
  theta: Hyperparameters,
): { value: number; gradient: number[] } | null {
  const n = points.length;
  const noise = exp(theta.logNoise) + 1e-8;
  const factor = cholesky(covariance(points, theta.logLengths, theta.logSignal, noise), n);
  if (!factor) return null;
  const alpha = solve(factor, values);
  let value = 0;
  for (let i = 0; i < n; i++) value -= 0.5 * values[i]! * alpha[i]! + log(factor.lower[i * n + i]!);
  const gradient = likelihoodGradient(points, theta, alpha, inverse(factor));
  const lengths = Array.from(theta.logLengths, (length) => [length, PRIOR.length] as const);
  const priors = [...lengths, [theta.logSignal, PRIOR.signal] as const, [theta.logNoise, PRIOR.noise] as const];
  priors.forEach(([at, [mean, deviation]], i) => {
    value -= 0.5 * ((at - mean) / deviation) ** 2;
    gradient[i]! -= (at - mean) / deviation ** 2;
  });
  return { value, gradient };
}

/** ½ tr((ααᵀ - K⁻¹) dK/dθ) for each logarithm θ. */
function likelihoodGradient(
  points: readonly Float64Array[],
  theta: Hyperparameters,
  alpha: Float64Array,
  inverted: Float64Array,
): number[] {
  const n = points.length;
  const dimensions = theta.logLengths.length;
  const inverseLengths = theta.logLengths.map((length) => exp(-length));
  const signal = exp(theta.logSignal);
  const gradient = Array<number>(dimensions + 2).fill(0);
  for (let i = 0; i < n; i++) {
    const own = alpha[i]! ** 2 - inverted[i * n + i]!;
    gradient[dimensions]! += 0.5 * own * signal;
    gradient[dimensions + 1]! += 0.5 * own * exp(theta.logNoise);
    for (let j = 0; j < i; j++) {
      const weight = alpha[i]! * alpha[j]! - inverted[i * n + j]!;
      const slope = weight * maternSlope(points[i]!, points[j]!, inverseLengths, signal);
      for (let d = 0; d < dimensions; d++) {
        const distance = (points[i]![d]! - points[j]![d]!) * inverseLengths[d]!;
        gradient[d]! += slope * distance ** 2;
      }
      gradient[dimensions]! += weight * matern(points[i]!, points[j]!, inverseLengths, signal);
    }
  }
  return gradient;
}

/**
 * Climbs by the signs of the gradient with a step for each coordinate (Riedmiller and Braun 1993); returns the best
 * point seen.
 */
function rprop(
  start: readonly number[],
  steps: number,
  climb: (theta: readonly number[]) => { value: number; gradient: number[] } | null,
): readonly number[] {
  let theta = [...start];
  let best = { theta, value: -Infinity };
  const sizes = theta.map(() => 0.2);
  let before = theta.map(() => 0);
  for (let i = 0; i < steps; i++) {
    const at = climb(theta);
    if (!at) break;
    if (at.value > best.value) best = { theta: [...theta], value: at.value };
    const last = before;
    before = at.gradient;
    theta = theta.map((value, d) => {
      const turn = last[d]! * at.gradient[d]!;
      const factor = turn > 0 ? 1.3 : turn < 0 ? 0.5 : 1;
      sizes[d] = min(1, max(0.01, sizes[d]! * factor));
      return min(5, max(-16, value + sign(at.gradient[d]!) * sizes[d]!));
    });
  }
  return best.theta;
}
