import type { Batches } from '../../calibration-data.js';

/** Batches, and samples, on which the outputs of layers are compared at least, as far as there are so many. */
const LEAST_BATCHES = 2;
const LEAST_SAMPLES = 8;

/** The first batches alone: enough to compare two models on. */
export function firstOf(batches: Batches): Batches {
  return async function* first() {
    let [count, samples] = [0, 0];
    for await (const batch of batches()) {
      if (count >= LEAST_BATCHES && samples >= LEAST_SAMPLES) return;
      count++;
      samples += Object.values(batch)[0]?.dims[0] ?? 1;
      yield batch;
    }
  };
}
