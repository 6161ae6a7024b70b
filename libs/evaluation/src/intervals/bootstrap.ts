import { seededRandom } from '#numbers';
import { normalCdf, normalQuantile } from './normal.js';
import { studentQuantile } from './student.js';
import type { Interval } from './wilson.js';

/** A figure of the samples, each counted as often as `counts` says; undefined where those give none. */
export type Statistic = (counts: Uint32Array) => number | undefined;

/**
 * Samples drawn with replacement, as how often each was drawn; the same for every model and figure, so that they are
 * paired. Every one is the same array, filled anew.
 */
export function* resamplesOf(samples: number, resamples: number, seed: number): Generator<Uint32Array> {
  const random = seededRandom(seed);
  const counts = new Uint32Array(samples);
  for (let r = 0; r < resamples; r++) {
    counts.fill(0);
    for (let draw = 0; draw < samples; draw++) {
      const drawn = Math.floor(random() * samples);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    yield counts;
  }
}

/**
 * Samples that an interval takes at least: fewer all lie on one side of the truth more often than its level allows, and
 * no draw of them shows another.
 */
export function leastSamples(confidence: number): number {
  return Math.ceil(1 - Math.log2(1 - confidence));
}

/** How sure an interval is, and of how many samples. */
export interface Level {
  confidence: number;
  samples: number;
}

/**
 * The bias-corrected percentile interval of a figure from its resamples (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, section 14.3, without acceleration), its percentiles expanded for few samples as Student's
 * distribution is against the normal one (Hesterberg, What Teachers Should Know About the Bootstrap, 2015, section 5.3).
 * It is widened to hold the figure itself.
 */
export function bootstrapInterval(value: number, resampled: Float64Array, { confidence, samples }: Level): Interval {
  const sorted = resampled.toSorted();
  const below = sorted.filter((other) => other < value).length;
  const equal = sorted.filter((other) => other === value).length;
  // Equal figures count by half, and no share is 0 or 1: their quantiles are infinite.
  const share = (below + equal / 2 + 0.5) / (sorted.length + 1);
  const bias = normalQuantile(share);
  const expansion = Math.sqrt(samples / (samples - 1));
  const z = expansion * studentQuantile((1 + confidence) / 2, samples - 1);
  const low = quantile(sorted, normalCdf(2 * bias - z));
  const high = quantile(sorted, normalCdf(2 * bias + z));
  return { low: Math.min(value, low), high: Math.max(value, high) };
}

/**
 * The chance of a difference at least so far from zero between equal models, from resampled differences; never less than
 * that of as many samples all falling on one side.
 */
export function bootstrapPValue(differences: Float64Array, samples: number): number {
  const atMost = differences.filter((difference) => difference <= 0).length;
  const atLeast = differences.filter((difference) => difference >= 0).length;
  const extreme = Math.min(atMost, atLeast) + 1;
  return Math.min(1, Math.max(2 ** (1 - samples), (2 * extreme) / (differences.length + 1)));
}

/** The `q`-th quantile (0..1) of sorted values, interpolated between ranks. */
function quantile(sorted: Float64Array, q: number): number {
  const rank = (sorted.length - 1) * q;
  const low = sorted[Math.floor(rank)] ?? NaN;
  const high = sorted[Math.ceil(rank)] ?? NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}
