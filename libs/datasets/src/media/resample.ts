import type { Resample } from '#contracts';
import type { Picture } from './picture.js';

/**
 * A filter: its weight at a distance in pixels, how far it reaches, and whether it grows with the step when a picture
 * shrinks.
 */
interface Filter {
  weight(distance: number): number;
  reach: number;
  grows: boolean;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
const within = (reach: number, weight: (x: number) => number) => (x: number) => (Math.abs(x) < reach ? weight(x) : 0);
const triangle = within(1, (x) => 1 - Math.abs(x));
const lanczos = (lobes: number) => within(lobes, (x) => sinc(x) * sinc(x / lobes));

/** Keys' cubic convolution; `a` is the slope at 1. */
const cubic = (a: number) => (distance: number) => {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
};

const BOX: Filter = { weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), reach: 0.5, grows: true };

/**
 * Filters by the names of PIL, which widen where a picture shrinks, and of OpenCV, which do not. The others choose
 * pixels in ways of their own.
 */
const FILTERS: Partial<Record<Resample, Filter>> = {
  box: BOX,
  bilinear: { weight: triangle, reach: 1, grows: true },
  hamming: {
    weight: within(1, (x) => (x === 0 ? 1 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)))),
    reach: 1,
    grows: true,
  },
  bicubic: { weight: cubic(-0.5), reach: 2, grows: true },
  lanczos: { weight: lanczos(3), reach: 3, grows: true },
  INTER_LINEAR: { weight: triangle, reach: 1, grows: false },
  INTER_CUBIC: { weight: cubic(-0.75), reach: 2, grows: false },
  INTER_LANCZOS4: { weight: lanczos(4), reach: 4, grows: false },
};

/** For each place of the result: the first pixel that goes into it, and the weights from there on, which sum to 1. */
interface Taps {
  first: Int32Array;
  weights: Float64Array[];
}

/** A picture in another size, first along its rows, then along its columns, rounded to bytes after each as PIL does. */
export function resize(picture: Picture, height: number, width: number, resample: Resample): Picture {
  const { height: fromHeight, width: fromWidth } = picture;
  const across = fromWidth === width ? picture : resizeRows(picture, width, tapsFor(resample, fromWidth, width));
  return fromHeight === height ? across : resizeColumns(across, height, tapsFor(resample, fromHeight, height));
}

function tapsFor(resample: Resample, from: number, to: number): Taps {
  if (resample === 'nearest') return single(from, to, (place) => Math.floor((place + 0.5) * (from / to)));
  if (resample === 'INTER_NEAREST') return single(from, to, (place) => Math.floor(place * (from / to)));
  if (resample === 'INTER_AREA') return from > to ? areas(from, to) : borders(from, to);
  const filter = FILTERS[resample] ?? BOX;
  return filter.grows ? filtered(filter, from, to) : edged(filter, from, to);
}

function single(from: number, to: number, pixel: (place: number) => number): Taps {
  const inside = (place: number) => Math.min(from - 1, pixel(place));
  const first = Int32Array.from({ length: to }, (_, place) => inside(place));
  return { first, weights: Array.from({ length: to }, () => Float64Array.of(1)) };
}

/** Bits of the fraction of PIL's weights, which are integers: 32 without those of a byte and two to spare. */
const FIXED_POINT = 2 ** 22;

/** PIL's: the filter is stretched by the step, cut at the edges, and its weights are normalized. */
function filtered({ weight, reach }: Filter, from: number, to: number): Taps {
  const step = from / to;
  const stretch = Math.max(1, step);
  const support = reach * stretch;
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * step;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    first[place] = begin;
    const tapAt = (pixel: number) => weight((pixel - centre + 0.5) / stretch);
    const taps = Float64Array.from({ length: end - begin }, (_, i) => tapAt(begin + i));
    return normalized(taps).map(toFixedPoint);
  });
  return { first, weights };
}

/** Halves are rounded away from zero. */
function toFixedPoint(tap: number): number {
  return (Math.sign(tap) * Math.round(Math.abs(tap) * FIXED_POINT)) / FIXED_POINT;
}

/** OpenCV's: as many pixels as the filter reaches, those beyond the edge being the last one before it. */
function edged({ weight, reach }: Filter, from: number, to: number): Taps {
  const step = from / to;
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * step - 0.5;
    const begin = Math.floor(centre) - reach + 1;
    const kept = new Map<number, number>();
    for (let pixel = begin; pixel < begin + 2 * reach; pixel++) {
      const inside = Math.min(from - 1, Math.max(0, pixel));
      kept.set(inside, (kept.get(inside) ?? 0) + weight(centre - pixel));
    }
    const lowest = Math.min(...kept.keys());
    first[place] = lowest;
    const taps = Float64Array.from({ length: kept.size }, (_, i) => kept.get(lowest + i) ?? 0);
    return normalized(taps);
  });
  return { first, weights };
}

/** Each pixel counts as far as it lies under the pixel of the result. */
function areas(from: number, to: number): Taps {
  const step = from / to;
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, place) => {
    const [left, right] = [place * step, Math.min(from, (place + 1) * step)];
    const begin = Math.floor(left);
    first[place] = begin;
    const cover = (pixel: number) => Math.max(0, Math.min(right, pixel + 1) - Math.max(left, pixel));
    const covered = Float64Array.from({ length: Math.ceil(right) - begin }, (_, i) => cover(begin + i));
    return normalized(covered);
  });
  return { first, weights };
}

/**
 * OpenCV's area where a picture grows: a pixel of the result mixes two only where a border between them falls into it.
 */
function borders(from: number, to: number): Taps {
  const first = Int32Array.from({ length: to }, (_, place) => Math.floor((place * from) / to));
  const weights = Array.from(first, (pixel, place) => {
    const over = place + 1 - ((pixel + 1) * to) / from;
    return over <= 0 || pixel + 1 >= from ? Float64Array.of(1) : Float64Array.of(1 - over, over);
  });
  return { first, weights };
}

function normalized(weights: Float64Array<ArrayBuffer>): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum === 0 ? weights : weights.map((weight) => weight / sum);
}

function resizeRows(
  { height, width: from, channels, data }: Picture,
  width: number,
  { first, weights }: Taps,
): Picture {
  const result = new Uint8ClampedArray(height * width * channels);
  for (let x = 0; x < width; x++) {
    const taps = weights[x] ?? new Float64Array();
    for (let y = 0; y < height; y++) {
      const source = (y * from + (first[x] ?? 0)) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < taps.length; k++) sum += (taps[k] as number) * (data[source + k * channels + c] as number);
        result[(y * width + x) * channels + c] = Math.floor(sum + 0.5);
      }
    }
  }
  return { height, width, channels, data: new Uint8Array(result.buffer) };
}

function resizeColumns({ width, channels, data }: Picture, height: number, { first, weights }: Taps): Picture {
  const line = width * channels;
  const result = new Uint8ClampedArray(height * line);
  const sums = new Float64Array(line);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const taps = weights[y] ?? new Float64Array();
    for (let k = 0; k < taps.length; k++) {
      const source = ((first[y] ?? 0) + k) * line;
      const weight = taps[k] as number;
      for (let i = 0; i < line; i++) sums[i] = (sums[i] as number) + weight * (data[source + i] as number);
    }
    for (let i = 0; i < line; i++) result[y * line + i] = Math.floor((sums[i] as number) + 0.5);
  }
  return { height, width, channels, data: new Uint8Array(result.buffer) };
}
