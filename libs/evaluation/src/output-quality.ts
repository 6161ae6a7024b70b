import type { HostTensors } from '#inference';
import { decibels } from './decibels.js';
import { floatValues, isFloat } from './float-values.js';
import { SampleNoise } from './sample-noise.js';

/** How near one output of a model comes to the baseline's. Figures are dB; null for identical. */
export interface OutputQuality {
  output: string;
  /** Over all elements; absent where there is none, and `reason` says why. */
  snrDb?: number | null;
  reason?: string;
  /** Whether both models' values are, but for infinities that they share. */
  isFinite: boolean;
  /**
   * The channel that keeps the least, in its own units; absent where the output has no channels, or none of them a
   * figure.
   */
  worstChannel?: { axis: number; channel: number; snrDb: number };
  /**
   * The poorest channel that the figure over all elements cannot speak for: one whose values are of another order than
   * the others', or any where half of them and more are poor. A channel that is merely quiet among its like is none.
   */
  poorChannel?: { axis: number; channel: number; snrDb: number };
  /** Channels looked at, on one axis or two. */
  channels: number;
  /**
   * Of each channel of the last axis; absent where there are more than {@link MAX_LISTED}. Silent: the baseline gives
   * only zeros.
   */
  lastAxisSnrDb?: (number | 'identical' | 'silent')[];
  /** Channels with less than {@link POOR_SNR_DB}. */
  poorChannels: number;
  /** Channels in which the baseline gives only zeros and this model does not: they have no figure. */
  silentChannels: number;
}

/** Below this the noise is a tenth of the signal: what depends on the outputs is likely to change. */
export const POOR_SNR_DB = 10;

/**
 * Power of a channel against the mean of its axis at which its values are of another order: a thirtieth in size.
 * Embeddings spread over 25 dB.
 */
const OTHER_ORDER_DB = -30;

/** Channels of an axis that are told apart. */
const MAX_CHANNELS = 2 ** 16;
/** Channels up to which each is listed. */
const MAX_LISTED = 128;

/**
 * Compares the floating-point outputs of two models batch by batch and keeps only sums: per output, and per channel of
 * its last axis and, ahead of spatial or sequence axes, of its second. One sum over all would be in the units of the
 * largest.
 */
export class OutputComparison {
  private readonly sums = new Map<string, OutputSums>();
  private readonly samples = new Map<string, SampleNoise>();

  /**
   * Adds a batch of `size` samples: the outputs of the model and those of the baseline, of equal names and shapes, but
   * for `apart`, which are not compared.
   */
  add(outputs: HostTensors, reference: HostTensors, size = 0, apart: ReadonlySet<string> = new Set()): void {
    for (const [name, expected] of Object.entries(reference)) {
      const got = outputs[name];
      if (apart.has(name)) this.forget(name);
      if (!got || !isFloat(expected) || apart.has(name)) continue;
      const samples = this.samples.get(name) ?? new SampleNoise();
      this.samples.set(name, samples);
      if (expected.dims[0] === size)
        samples.add(floatValues(expected) as Float32Array, floatValues(got) as Float32Array, size);
      const sums = this.sums.get(name) ?? new OutputSums(expected.dims.length);
      this.sums.set(name, sums);
      sums.add(floatValues(expected) as Float32Array, expected.dims, floatValues(got) as Float32Array);
    }
  }

  private forget(output: string): void {
    this.sums.delete(output);
    this.samples.delete(output);
  }

  /** Signal and noise of each sample, of each output. */
  sampleNoise(): SampleNoise[] {
    return [...this.samples.values()];
  }

  qualities(): OutputQuality[] {
    return [...this.sums].map(([output, sums]) => sums.quality(output));
  }
}

/**
 * The poorest output or channel to warn of, null where none is poor. Channels of outputs that are probabilities do not
 * count: they are of one unit, and improbable classes are small.
 */
export function poorestOutput(
  qualities: readonly OutputQuality[],
  isProbability: (output: string) => boolean,
): { place: string; snrDb: number } | null {
  const worst = worstOutput(
    qualities.map((quality) => ({
      ...quality,
      worstChannel: isProbability(quality.output) ? undefined : quality.poorChannel,
    })),
  );
  return worst && worst.snrDb < POOR_SNR_DB ? worst : null;
}

/**
 * One figure for several outputs, dB: the mean of their shares of noise, so that none is heard for being large. Null
 * when all are identical, undefined where one is not finite or none has a figure.
 */
export function combinedSnrDb(qualities: readonly OutputQuality[]): number | null | undefined {
  if (qualities.some(({ isFinite }) => !isFinite)) return undefined;
  const figures = qualities.flatMap(({ snrDb }) => (snrDb === undefined ? [] : [snrDb]));
  if (figures.length === 0) return undefined;
  const noiseShare = (snrDb: number | null) => (snrDb === null ? 0 : 10 ** (-snrDb / 10));
  const noise = figures.reduce<number>((sum, snrDb) => sum + noiseShare(snrDb), 0);
  return decibels(figures.length, noise);
}

/**
 * The least of all figures, and where: `y`, or `y, channel 3 of axis 1`. Null when all outputs are identical, undefined
 * when none has a figure.
 */
export function worstOutput(qualities: readonly OutputQuality[]): { place: string; snrDb: number } | null | undefined {
  const figures = qualities.flatMap(({ output, snrDb, worstChannel }) => [
    ...(typeof snrDb === 'number' ? [{ place: `"${output}"`, snrDb }] : []),
    ...(worstChannel
      ? [
          {
            place: `"${output}", channel ${worstChannel.channel} of axis ${worstChannel.axis}`,
            snrDb: worstChannel.snrDb,
          },
        ]
      : []),
  ]);
  const [worst] = figures.toSorted((a, b) => a.snrDb - b.snrDb);
  return worst ?? (qualities.some(({ snrDb }) => snrDb === null) ? null : undefined);
}

/** Signal and noise of one output and of its channels. */
class OutputSums {
  private signal = 0;
  private noise = 0;
  private readonly axes: AxisSums[];

  constructor(rank: number) {
    const channelAxes = rank > 2 ? [1, rank - 1] : [1];
    this.axes = rank < 2 ? [] : [...new Set(channelAxes)].map((axis) => new AxisSums(axis));
  }

  add(exact: ArrayLike<number>, dims: readonly number[], got: ArrayLike<number>): void {
    for (let i = 0; i < exact.length; i++) {
      const x = exact[i] ?? 0;
      const y = got[i] ?? 0;
      // Equal infinities are equal; their difference is not a number.
      if (x === y && !Number.isFinite(x)) continue;
      this.signal += x * x;
      this.noise += (x - y) ** 2;
    }
    for (const axis of this.axes) axis.add(exact, dims, got);
  }

  quality(output: string): OutputQuality {
    const snrDb = decibels(this.signal, this.noise);
    const channels = this.axes.flatMap((axis) => axis.channels());
    const known = channels.filter(isMeasured);
    const worstChannel = lowest(known);
    const poorChannel = lowest(this.axes.flatMap((axis) => axis.outOfSight()));
    return {
      output,
      isFinite: Number.isFinite(this.noise),
      ...(snrDb === undefined
        ? {
            reason: Number.isFinite(this.noise)
              ? 'the baseline gives only zeros'
              : 'it holds values that are not finite',
          }
        : { snrDb }),
      ...(worstChannel ? { worstChannel } : {}),
      ...(poorChannel ? { poorChannel } : {}),
      ...this.axes.at(-1)?.listed(),
      channels: channels.length,
      poorChannels: known.filter(({ snrDb: channel }) => channel < POOR_SNR_DB).length,
      silentChannels: channels.filter(({ snrDb: channel }) => channel === undefined).length,
    };
  }
}

class AxisSums {
  private signal = new Float64Array(0);
  private noise = new Float64Array(0);

  constructor(private readonly axis: number) {}

  add(exact: ArrayLike<number>, dims: readonly number[], got: ArrayLike<number>): void {
    const channels = dims[this.axis] ?? 1;
    const inner = dims.slice(this.axis + 1).reduce((product, dim) => product * dim, 1);
    if (channels <= 1 || channels > MAX_CHANNELS) return;
    if (channels > this.signal.length)
      [this.signal, this.noise] = [grown(this.signal, channels), grown(this.noise, channels)];
    for (let start = 0, row = 0; start < exact.length; start += inner, row++)
      this.addRun(row % channels, exact, got, start, start + inner);
  }

  private addRun(channel: number, exact: ArrayLike<number>, got: ArrayLike<number>, start: number, end: number): void {
    let [signal, noise] = [0, 0];
    for (let i = start; i < end; i++) {
      const x = exact[i] ?? 0;
      const y = got[i] ?? 0;
      if (x === y && !Number.isFinite(x)) continue;
      signal += x * x;
      noise += (x - y) * (x - y);
    }
    this.signal[channel] = (this.signal[channel] ?? 0) + signal;
    this.noise[channel] = (this.noise[channel] ?? 0) + noise;
  }

  channels(): Channel[] {
    const snrOf = (channel: number, signal: number) => decibels(signal, this.noise[channel] ?? 0);
    return Array.from(this.signal, (signal, channel) => ({ axis: this.axis, channel, snrDb: snrOf(channel, signal) }));
  }

  listed(): Pick<OutputQuality, 'lastAxisSnrDb'> {
    const channels = this.channels();
    if (channels.length === 0 || channels.length > MAX_LISTED) return {};
    return { lastAxisSnrDb: channels.map(({ snrDb }) => (snrDb === null ? 'identical' : (snrDb ?? 'silent'))) };
  }

  /** The poor channels that a sum over all of them would hide. */
  outOfSight(): MeasuredChannel[] {
    const poor = this.channels()
      .filter(isMeasured)
      .filter(({ snrDb }) => snrDb < POOR_SNR_DB);
    const mean = this.signal.reduce((sum, signal) => sum + signal, 0) / this.signal.length;
    if (2 * poor.length >= this.signal.length) return poor;
    const belowMeanDb = (channel: number) => 10 * Math.log10((this.signal[channel] ?? 0) / mean);
    return poor.filter(({ channel }) => belowMeanDb(channel) <= OTHER_ORDER_DB);
  }
}

interface Channel {
  axis: number;
  channel: number;
  snrDb: number | null | undefined;
}
type MeasuredChannel = Channel & { snrDb: number };

function isMeasured(channel: Channel): channel is MeasuredChannel {
  return typeof channel.snrDb === 'number';
}

function lowest(channels: readonly MeasuredChannel[]): MeasuredChannel | undefined {
  const worse = (worst: MeasuredChannel | undefined, channel: MeasuredChannel) =>
    worst && worst.snrDb <= channel.snrDb ? worst : channel;
  return channels.reduce<MeasuredChannel | undefined>(worse, undefined);
}

function grown(values: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const more = new Float64Array(length);
  more.set(values);
  return more;
}
