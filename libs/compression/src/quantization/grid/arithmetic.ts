import { decibels } from '#evaluation';
import { roundHalfEven, dimOf } from '#onnx';

// Once per weight of a model: local constants are read faster than properties of a global, in a test's realm a hundred
// times.
const { abs, fround } = Math;

/**
 * Integer grids of affine quantization: x ≈ scale · (q − zeroPoint), q rounded half to even as ONNX QuantizeLinear
 * does.
 */

/** An activation's grid; the unsigned range is always used in full and always holds zero. */
export interface AffineGrid {
  scale: number;
  zeroPoint: number;
}

export interface ValueRange {
  min: number;
  max: number;
}

/** Smallest scale: the least normal float32. Runtimes take what lies below for zero, and divide by it. */
const LEAST_SCALE = 2 ** -126;

/** Changes the tightest scale of a range, which is 0 where the range has no width. */
export type ScaleChoice = (tightest: number) => number;

const oneForNothing: ScaleChoice = (tightest) => tightest || 1;

/**
 * The asymmetric grid of 0..levels that covers `range` widened to hold zero exactly: scale = (max − min) / levels as
 * `choose` leaves it, with `powerOfTwo` the next power of two, zeroPoint = round(−min / scale). By default a range of
 * zero width gets scale 1.
 */
export function asymmetricGrid(
  range: ValueRange,
  levels = 255,
  powerOfTwo = false,
  choose = oneForNothing,
): AffineGrid {
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  const tightest = Math.fround((max - min) / levels);
  const chosen = Math.fround(choose(tightest < LEAST_SCALE ? 0 : tightest));
  const scale = powerOfTwo ? nextPowerOfTwo(chosen) : chosen;
  return { scale, zeroPoint: Math.min(levels, Math.max(0, roundHalfEven(-min / scale))) };
}

/**
 * The smallest power of two that is at least `scale`: multiplying by it is a shift (the textbook's 2^p / Q with Q a
 * power of two).
 */
export function nextPowerOfTwo(scale: number): number {
  return 2 ** Math.ceil(Math.log2(scale));
}

/** How a dense tensor splits into channels along an axis: element (o, c, i) lies at (o · channels + c) · inner + i. */
export interface ChannelLayout {
  outer: number;
  channels: number;
  inner: number;
}

/** The layout of `dims` along `axis`; `axis` null puts all elements in one channel. */
export function channelLayout(dims: readonly number[], axis: number | null): ChannelLayout {
  const product = (part: readonly number[]) => part.reduce((total, dim) => total * dim, 1);
  if (axis === null) return { outer: 1, channels: 1, inner: product(dims) };
  const [outer, inner] = [product(dims.slice(0, axis)), product(dims.slice(axis + 1))];
  return { outer, channels: dimOf(dims, axis), inner };
}

/** Largest magnitude in each channel. */
export function channelMaxima(values: Float32Array, layout: ChannelLayout): Float64Array {
  const maxima = new Float64Array(layout.channels);
  forEachChannelRun(layout, (channel, start, end) => {
    let most = maxima[channel]!;
    for (let i = start; i < end; i++) {
      const magnitude = abs(values[i]!);
      if (magnitude > most) most = magnitude;
    }
    maxima[channel] = most;
  });
  return maxima;
}

/**
 * Symmetric scales, one per channel: max|w| / limit. A channel of zeros, whose scale serves nothing, takes the largest
 * of its tensor.
 */
export function symmetricScales(maxima: Float64Array, limit: number): Float32Array {
  const largest = maxima.reduce((max, value) => Math.max(max, value), 0) || limit;
  return Float32Array.from(maxima, (max) => Math.max((max === 0 ? largest : max) / limit, LEAST_SCALE));
}

/** q = clamp(round(w / scale), −limit, limit) in each channel. */
export function quantizeSymmetric(
  values: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
  limit: number,
  lowest = -limit,
): Int8Array {
  const quantized = new Int8Array(values.length);
  forEachChannelRun(layout, (channel, start, end) => {
    const scale = scales[channel]!;
    for (let i = start; i < end; i++) {
      const nearest = roundHalfEven(fround(values[i]! / scale));
      quantized[i] = nearest > limit ? limit : nearest < lowest ? lowest : nearest;
    }
  });
  return quantized;
}

/** w ≈ scale · q in each channel. */
export function dequantizeSymmetric(quantized: Int8Array, layout: ChannelLayout, scales: Float32Array): Float32Array {
  const values = new Float32Array(quantized.length);
  forEachChannelRun(layout, (channel, start, end) => {
    for (let i = start; i < end; i++) values[i] = quantized[i]! * scales[channel]!;
  });
  return values;
}

/**
 * Signal to noise of an approximation in dB: 10 · log10(Σ x² / Σ (x − y)²); null when they are identical, undefined
 * where it has no value.
 */
export function snrDb(exact: ArrayLike<number>, approximate: ArrayLike<number>): number | null | undefined {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < exact.length; i++) {
    // An infinity that is kept is no noise, and no signal that finite elements could be measured by.
    if (exact[i] === approximate[i] && !Number.isFinite(exact[i])) continue;
    signal += exact[i]! ** 2;
    noise += (exact[i]! - approximate[i]!) ** 2;
  }
  return decibels(signal, noise);
}

/** Visits every contiguous run [start, end) of elements that belong to one channel. */
export function forEachChannelRun(
  layout: ChannelLayout,
  visit: (channel: number, start: number, end: number) => void,
): void {
  for (let outer = 0; outer < layout.outer; outer++) {
    for (let channel = 0; channel < layout.channels; channel++) {
      const start = (outer * layout.channels + channel) * layout.inner;
      visit(channel, start, start + layout.inner);
    }
  }
}
