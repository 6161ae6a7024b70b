import type { HostTensors } from '#inference';

/** What outputs were compared on. */
export interface JudgedOn {
  samples: number;
  /** Whether none of the samples had a part in the result. */
  isHeldOut: boolean;
  /** Signal to noise over all outputs of the worst and the best sample, dB; null where no sample has a figure. */
  leastDb: number | null;
  mostDb: number | null;
}

/** Keeps how single samples come out, each over all its float outputs. */
export class SampleSpread {
  samples = 0;
  private readonly figures: number[] = [];

  /** Adds the outputs of a batch of `size` samples. */
  add(got: HostTensors, expected: HostTensors, size: number): void {
    this.samples += size;
    for (let sample = 0; sample < size; sample++) {
      const snrDb = sampleSnr(expected, got, sample, size);
      if (Number.isFinite(snrDb)) this.figures.push(snrDb);
    }
  }

  judgedOn(isHeldOut: boolean): JudgedOn {
    const extreme = (pick: (...values: number[]) => number) =>
      this.figures.length > 0 ? this.figures.reduce((a, b) => pick(a, b)) : null;
    return { samples: this.samples, isHeldOut, leastDb: extreme(Math.min), mostDb: extreme(Math.max) };
  }
}

/** What outputs were compared on, in words: a figure of data that the result was fitted to, or of one sample, is less than one of unseen data. */
export function describeJudgedOn({ samples, isHeldOut, leastDb, mostDb }: JudgedOn): string {
  const count = samples === 1 ? 'one sample' : `${samples} samples`;
  const origin = isHeldOut
    ? `${count} held out of calibration data`
    : `${count} of calibration data, which the result was fitted to (unseen data may keep less)`;
  return leastDb === null || mostDb === null || samples === 1
    ? origin
    : `${origin}, single ones at ${leastDb.toFixed(1)} to ${mostDb.toFixed(1)} dB`;
}

/** Of one sample of a batch, in the outputs that have a part for each; not finite where there is no noise, or no figure. */
function sampleSnr(expected: HostTensors, got: HostTensors, sample: number, size: number): number {
  let [signal, noise] = [0, 0];
  for (const [name, { type, dims, data }] of Object.entries(expected)) {
    const other = got[name]?.data;
    if ((type !== 'float32' && type !== 'float64') || (size > 1 && dims[0] !== size) || other?.length !== data.length)
      continue;
    const length = data.length / size;
    for (let i = sample * length; i < (sample + 1) * length; i++) {
      signal += Number(data[i]) ** 2;
      noise += (Number(data[i]) - Number(other[i])) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}
