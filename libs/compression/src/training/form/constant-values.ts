/** From here on a negative number beside zeros closes what a softmax sees. */
const CLOSED = -1e4;

/**
 * How far, as a share of its greatest number, a line may lie from the wave or ramp that it samples: it may have been
 * rounded to float16 once.
 */
const WAVE_TOLERANCE = 2e-3;

/** Share of the greatest number below which a line is what rounding left of zeros. */
const NOISE = 1e-6;

/** Numbers along an axis from which on it is no chance that they follow one another as those of a wave do. */
const LEAST_WAVE = 6;

/** The same for lines of two tables, one behind the other. */
const LEAST_STACKED = 16;

/** The number that all elements are, null where they differ or there is but one. */
export function commonValue(values: ArrayLike<number>): number | null {
  if (values.length < 2) return null;
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return null;
  return values[0]!;
}

/** Whether the numbers cannot be those of a weight that was trained: NaN or infinite. */
export function isUnbounded(values: Float32Array): boolean {
  return values.some((value) => !Number.isFinite(value));
}

/**
 * Whether the numbers open and close: zeros beside one other number over two axes or more, or beside one that closes a
 * softmax. A float can hold anything else, and what was trained does.
 */
export function isMask(values: Float32Array, dims: readonly number[]): boolean {
  const other = values.find((value) => value !== 0);
  if (other === undefined || !values.includes(0) || !values.every((value) => value === 0 || value === other))
    return false;
  return other <= CLOSED || (wideAxes(dims) > 1 && values.length > 4);
}

/**
 * Whether along some axis every line of numbers is a sampled sine or cosine, or a ramp that bends once at most, or two
 * such behind one another: x(t + 1) + x(t - 1) = c · x(t), with c = 2 cos ω, is true of waves and ramps. Tables of
 * positions, rotations and grids are such; what was trained is not.
 */
export function isWave(values: Float32Array, dims: readonly number[]): boolean {
  return dims.some(
    (length, axis) =>
      length >= LEAST_WAVE &&
      isWaveAlong(
        values,
        length,
        dims.slice(axis + 1).reduce((product, dim) => product * dim, 1),
      ),
  );
}

function isWaveAlong(values: Float32Array, length: number, stride: number): boolean {
  const floor = NOISE * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let line = 0; line < values.length / length; line++) {
    const start = Math.floor(line / stride) * stride * length + (line % stride);
    const at = (t: number) => values[start + t * stride]!;
    if (!isWaveLine(at, length, floor)) return false;
  }
  return true;
}

/**
 * Whether the line follows the recurrence but for one seam, where two tables are stacked or a ramp bends. The
 * coefficient comes from where a half of the line is farthest from zero, and must hold everywhere else.
 */
function isWaveLine(at: (t: number) => number, length: number, floor: number): boolean {
  const half = Math.floor(length / 2);
  const peaks = [peakOf(at, 1, length - 1), peakOf(at, 1, half - 1), peakOf(at, half + 1, length - 1)];
  return peaks.some((peak) => {
    const neighbours = at(peak - 1) + at(peak + 1);
    const c = Math.abs(at(peak)) <= floor ? 2 : neighbours / at(peak);
    const isSteady = Math.abs(c) <= 2 * (1 + WAVE_TOLERANCE);
    return isSteady && (holds(at, length, floor, c) || holds(at, length, floor, 2));
  });
}

/** Where a part of the line is farthest from zero. */
function peakOf(at: (t: number) => number, from: number, to: number): number {
  let peak = from;
  for (let t = from + 1; t < to; t++) if (Math.abs(at(t)) > Math.abs(at(peak))) peak = t;
  return peak;
}

function holds(at: (t: number) => number, length: number, floor: number, c: number): boolean {
  const tolerance = Math.max(floor, WAVE_TOLERANCE * Math.abs(at(peakOf(at, 0, length))));
  const broken: number[] = [];
  for (let t = 1; t < length - 1; t++) if (Math.abs(at(t - 1) + at(t + 1) - c * at(t)) > tolerance) broken.push(t);
  const seam = length >= LEAST_STACKED ? 2 : c === 2 ? 1 : 0;
  return broken.length <= seam && (broken.at(-1) ?? 0) - (broken[0] ?? 0) <= 1;
}

/**
 * Whether the filters of a convolution are all alike and more than one: a blur or an edge detector, channel by channel.
 */
export function areFiltersAlike(values: Float32Array, [filters = 0, ...rest]: readonly number[]): boolean {
  const size = rest.reduce((product, dim) => product * dim, 1);
  return filters > 1 && size > 1 && values.every((value, i) => value === values[i % size]);
}

/** Axes along which a tensor has more than one element. */
export function wideAxes(dims: readonly number[]): number {
  return dims.filter((dim) => dim > 1).length;
}
