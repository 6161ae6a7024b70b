import { decibels } from './decibels.js';
import { growingDoubles } from './tasks/growing.js';
import type { Resampled } from './tasks/task.js';

/** Signal and noise of one output, sample by sample. */
export class SampleNoise {
  private readonly signals = growingDoubles();
  private readonly noises = growingDoubles();

  /** Adds a batch of `size` samples of equally many values. */
  add(exact: ArrayLike<number>, got: ArrayLike<number>, size: number): void {
    const width = exact.length / size;
    if (!Number.isInteger(width)) return;
    for (let start = 0; start < exact.length; start += width) {
      let [signal, noise] = [0, 0];
      for (let i = start; i < start + width; i++) {
        const [x, y] = [exact[i] ?? 0, got[i] ?? 0];
        if (x === y && !Number.isFinite(x)) continue;
        signal += x * x;
        noise += (x - y) * (x - y);
      }
      this.signals.push(signal);
      this.noises.push(noise);
    }
  }

  get signal(): Float64Array {
    return this.signals.values;
  }

  get noise(): Float64Array {
    return this.noises.values;
  }
}

/** The shares of noise of some outputs averaged, in dB, as `combinedSnrDb` has it of all samples. */
export const snrOfSamples: Resampled<SampleNoise[]> = {
  kind: 'resampled',
  samples: ([first]) => first?.signal.length ?? 0,
  work: (outputs) => outputs.reduce((sum, { signal }) => sum + signal.length, 0),
  prepare: (outputs) => (counts) => {
    let [shares, known] = [0, 0];
    for (const { signal, noise } of outputs) {
      const [signals, noises] = [weighted(signal, counts), weighted(noise, counts)];
      if (signals === 0 && noises > 0) continue;
      shares += noises === 0 ? 0 : noises / signals;
      known++;
    }
    if (known === 0) return undefined;
    const ratio = decibels(known, shares);
    // Without any noise it has no bound.
    return ratio === null ? Infinity : ratio;
  },
};

function weighted(values: Float64Array, counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (counts[i] ?? 0) * (values[i] ?? 0);
  return sum;
}
