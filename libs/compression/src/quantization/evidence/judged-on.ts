import { bootstrapInterval, resamplesOf, type Interval } from '#evaluation';
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
  /**
   * Where the figure of all samples lies with a confidence of 95 %, by the samples there are, dB; null with fewer than
   * {@link LEAST_SAMPLES} that have one, and where the figure is not that of single samples.
   */
  interval: Interval | null;
}

/** With fewer samples, drawing them again says little of others. */
const LEAST_SAMPLES = 8;

const RESAMPLES = 999;
const CONFIDENCE = 0.95;
const SEED = 1;

/** Powers of an output and of what was added to it. */
interface Powers {
  signal: number;
  noise: number;
}

/** Keeps how single samples come out, each by the worst of its float outputs. */
export class SampleSpread {
  samples = 0;
  isAlsoOneBatch = false;
  private readonly figures: number[] = [];
  /** The powers of each sample's outputs, in the order of the outputs. */
  private readonly powers: Powers[][] = [];

  /** Adds the outputs of a batch of `size` samples. */
  add(got: HostTensors, expected: HostTensors, size: number): void {
    this.samples += size;
    for (let sample = 0; sample < size; sample++) {
      const powers = powersOf(expected, got, sample, size);
      const snrDb = Math.min(...powers.map(decibelsOf).filter(Number.isFinite));
      if (!Number.isFinite(snrDb)) continue;
      this.figures.push(snrDb);
      this.powers.push(powers);
    }
  }

  judgedOn(isHeldOut: boolean): JudgedOn {
    const extreme = (pick: (...values: number[]) => number) =>
      this.figures.length > 0 ? this.figures.reduce((a, b) => pick(a, b)) : null;
    const { samples, isAlsoOneBatch } = this;
    const [leastDb, mostDb] = [extreme(Math.min), extreme(Math.max)];
    return { samples, isHeldOut, isAlsoOneBatch, leastDb, mostDb, interval: this.interval() };
  }

  private interval(): Interval | null {
    const count = this.powers.length;
    if (count < LEAST_SAMPLES || this.isAlsoOneBatch) return null;
    const value = this.figureOf(new Uint32Array(count).fill(1));
    const resampled: number[] = [];
    // One by one: every draw is the same array, filled anew.
    for (const counts of resamplesOf(count, RESAMPLES, SEED)) resampled.push(this.figureOf(counts));
    return Number.isFinite(value)
      ? bootstrapInterval(value, Float64Array.from(resampled), { confidence: CONFIDENCE, samples: count })
      : null;
  }

  /** The worst output of samples that count so often each. */
  private figureOf(counts: Uint32Array): number {
    const sums: Powers[] = [];
    this.powers.forEach((powers, sample) =>
      powers.forEach(({ signal, noise }, output) => {
        const sum = (sums[output] ??= { signal: 0, noise: 0 });
        sum.signal += counts[sample]! * signal;
        sum.noise += counts[sample]! * noise;
      }),
    );
    return Math.min(...sums.map(decibelsOf).filter(Number.isFinite));
  }
}

/**
 * What outputs were compared on, in words: a figure of data that the result was fitted to, or of one sample, is less
 * than one of unseen data.
 */
export function describeJudgedOn(judgedOn: JudgedOn): string {
  const { samples, isHeldOut, isAlsoOneBatch, leastDb, mostDb, interval } = judgedOn;
  const count = samples === 1 ? 'one sample' : `${samples} samples`;
  const origin = isHeldOut
    ? `${count} held out of calibration data`
    : `${count} of calibration data, which the result was fitted to (unseen data may keep less)`;
  const company = isAlsoOneBatch
    ? '; also all as one batch, since scales of activations are of the batch, and the lower figure counts'
    : '';
  if (leastDb === null || mostDb === null || samples === 1) return origin + company;
  const single = `single ones at ${leastDb.toFixed(1)} to ${mostDb.toFixed(1)} dB`;
  const all = interval
    ? `, all together within ${interval.low.toFixed(1)} to ${interval.high.toFixed(1)} dB (95 % interval)`
    : '';
  return `${origin}, ${single}${all}${company}`;
}

/** Of one sample of a batch, the powers of the outputs that have a part for each sample. */
function powersOf(expected: HostTensors, got: HostTensors, sample: number, size: number): Powers[] {
  return Object.entries(expected).flatMap(([name, output]) => {
    const other = got[name];
    const isFloat = output.type === 'float32' || output.type === 'float64';
    if (!isFloat || (size > 1 && output.dims[0] !== size) || other?.data.length !== output.data.length) return [];
    return [partPowers(output, other, sample, size)];
  });
}

function partPowers({ data }: HostTensor, { data: other }: HostTensor, sample: number, size: number): Powers {
  const length = data.length / size;
  const powers = { signal: 0, noise: 0 };
  for (let i = sample * length; i < (sample + 1) * length; i++) {
    powers.signal += Number(data[i]) ** 2;
    powers.noise += (Number(data[i]) - Number(other[i])) ** 2;
  }
  return powers;
}

/** Not finite where there is no noise, or no figure. */
function decibelsOf({ signal, noise }: Powers): number {
  return 10 * Math.log10(signal / noise);
}
