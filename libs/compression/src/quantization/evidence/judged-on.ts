import type { HostTensor, HostTensors } from '#inference';

/** What outputs were compared on. */
export interface JudgedOn {
  samples: number;
  /** Whether none of the samples had a part in the result. */
  isHeldOut: boolean;
  /**
   * Whether outputs were compared with all samples in one batch too, because scales are measured at every run; the
   * lower figures count.
   */
  isAlsoOneBatch: boolean;
  /**
   * Signal to noise of the worst output of the worst sample, and of the worst output of the best, dB; null where no
   * sample has a figure.
   */
  leastDb: number | null;
  mostDb: number | null;
}

/** Keeps how single samples come out, each by the worst of its float outputs. */
export class SampleSpread {
  samples = 0;
  isAlsoOneBatch = false;
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
    const { samples, isAlsoOneBatch } = this;
    return { samples, isHeldOut, isAlsoOneBatch, leastDb: extreme(Math.min), mostDb: extreme(Math.max) };
  }
}

/**
 * What outputs were compared on, in words: a figure of data that the result was fitted to, or of one sample, is less
 * than one of unseen data.
 */
export function describeJudgedOn({ samples, isHeldOut, isAlsoOneBatch, leastDb, mostDb }: JudgedOn): string {
  const count = samples === 1 ? 'one sample' : `${samples} samples`;
  const origin = isHeldOut
    ? `${count} held out of calibration data`
    : `${count} of calibration data, which the result was fitted to (unseen data may keep less)`;
  const company = isAlsoOneBatch
    ? '; also all as one batch, since scales of activations are of the batch, and the lower figure counts'
    : '';
  return leastDb === null || mostDb === null || samples === 1
    ? origin + company
    : `${origin}, single ones at ${leastDb.toFixed(1)} to ${mostDb.toFixed(1)} dB${company}`;
}

/**
 * Of one sample of a batch, the worst of the outputs that have a part for each; not finite where there is no noise, or
 * no figure.
 */
function sampleSnr(expected: HostTensors, got: HostTensors, sample: number, size: number): number {
  const figures = Object.entries(expected).flatMap(([name, output]) => {
    const other = got[name];
    const isFloat = output.type === 'float32' || output.type === 'float64';
    if (!isFloat || (size > 1 && output.dims[0] !== size) || other?.data.length !== output.data.length) return [];
    return [partSnr(output, other, sample, size)];
  });
  return Math.min(...figures.filter(Number.isFinite));
}

function partSnr({ data }: HostTensor, { data: other }: HostTensor, sample: number, size: number): number {
  const length = data.length / size;
  let [signal, noise] = [0, 0];
  for (let i = sample * length; i < (sample + 1) * length; i++) {
    signal += Number(data[i]) ** 2;
    noise += (Number(data[i]) - Number(other[i])) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
