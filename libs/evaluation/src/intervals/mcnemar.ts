import { normalQuantile } from './normal.js';
import type { Interval } from './wilson.js';

/** Samples on which two models differ: right before and wrong after, and the other way round; out of `count`. */
export interface Discordance {
  lost: number;
  won: number;
  count: number;
}

/**
 * McNemar's exact test of two models on the same samples (McNemar, 1947): the chance that of the samples on which they
 * differ at least so uneven a part goes one way, when each way is as likely. 1 where they differ on none.
 */
export function mcnemar({ lost, won }: Discordance): number {
  const discordant = lost + won;
  const fewer = Math.min(lost, won);
  let logarithm = -discordant * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(logarithm);
    logarithm += Math.log((discordant - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/**
 * The interval of the difference of two shares on the same samples, after less before: Wald's with half a sample added
 * to each kind of difference and two to all (Agresti and Min, Statistics in Medicine 24, 2005), widened to hold the
 * difference itself where few samples and a low level would leave it out.
 */
export function matchedDifference({ lost, won, count }: Discordance, confidence: number): Interval {
  const z = normalQuantile((1 + confidence) / 2);
  const total = count + 2;
  const difference = (won - lost) / total;
  const variance = (lost + won + 1 - (won - lost) ** 2 / total) / total ** 2;
  const spread = z * Math.sqrt(variance);
  const found = (won - lost) / count;
  return {
    low: Math.min(found, Math.max(-1, difference - spread)),
    high: Math.max(found, Math.min(1, difference + spread)),
  };
}
