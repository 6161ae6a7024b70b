import { decibels } from './decibels.js';

/** One output of a batch and the baseline's for the same samples. */
export interface ComparedBatch {
  output: ArrayLike<number | bigint>;
  reference: ArrayLike<number | bigint>;
}

/** Takes batches one at a time and keeps only sums. */
export interface OutputSnr {
  add(batch: ComparedBatch): void;
  value(): number | null | undefined;
}

/**
 * Output signal-to-noise ratio against the baseline in dB, 10 log10(Σ ref² / Σ (ref - x)²): null when the outputs are
 * identical, undefined when it has no value because the baseline gives only zeros or an output is not finite.
 */
export function outputSnrDb(): OutputSnr {
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
