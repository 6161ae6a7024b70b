import type { MetricsFrom } from '#contracts';
import { decibels } from './decibels.js';

/** One output of a batch: `size` samples of `width` values each, the baseline's output for the same samples, their labels. */
export interface ScoredBatch {
  output: ArrayLike<number | bigint>;
  reference: ArrayLike<number | bigint>;
  labels: Int32Array | null;
  size: number;
}

/** Takes batches one at a time and keeps only sums. */
export interface Accumulator<Value> {
  add(batch: ScoredBatch): void;
  value(): Value;
}

/** Share of samples whose label is among the `k` highest scores. */
export function topK(k: number): Accumulator<number | undefined> {
  let hits = 0;
  let seen = 0;
  return {
    add({ output, labels, size }) {
      if (!labels) return;
      const width = output.length / size;
      for (let i = 0; i < size; i++) if (rankOf(output, i * width, width, labels[i]!) < k) hits++;
      seen += size;
    },
    value: () => (seen === 0 ? undefined : hits / seen),
  };
}

/**
 * Output signal-to-noise ratio against the baseline in dB, 10 log10(Σ ref² / Σ (ref - x)²): null when the outputs are
 * identical, undefined when it has no value because the baseline gives only zeros or an output is not finite.
 */
export function outputSnrDb(): Accumulator<number | null | undefined> {
  let signal = 0;
  let noise = 0;
  return {
    add({ output, reference }) {
      for (let i = 0; i < reference.length; i++) {
        const ref = Number(reference[i]);
        const difference = ref - Number(output[i]);
        signal += ref * ref;
        noise += difference * difference;
      }
    },
    value() {
      return decibels(signal, noise);
    },
  };
}

/** What measures each metric that the labels decide. One of the table without its line does not compile. */
export const ACCUMULATORS: { [N in MetricsFrom<'labels'>]: () => Accumulator<number | undefined> } = {
  top1: () => topK(1),
  top5: () => topK(5),
};

/**
 * How many classes are ranked before `label`: those that score higher, and equal ones of a lower number, so that rank 0 is
 * what argmax returns. A score that is not a number ranks above all others, as in NumPy; as the label's own it has no rank at all (Infinity).
 */
export function rankOf(scores: ArrayLike<number | bigint>, offset: number, width: number, label: number): number {
  const own = Number(scores[offset + label]);
  if (Number.isNaN(own)) return Infinity;
  let rank = 0;
  for (let c = 0; c < width; c++) {
    const other = Number(scores[offset + c]);
    if (c < label ? !(other < own) : c > label && !(other <= own)) rank++;
  }
  return rank;
}
