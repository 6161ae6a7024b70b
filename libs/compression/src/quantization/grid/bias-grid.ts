/**
 * The grid of a layer's bias. Scheme static leaves biases in floats; the runtime rounds them to int32 steps of input
 * scale · weight scale when it loads the file, whatever the width of the activation, and a bias that is too large for
 * the steps comes out as anything. So the two scales of a layer are chosen with its bias.
 */

/**
 * A layer's weight scales, one per output channel or one for all, and the largest magnitude that each of them serves.
 */
export interface WeightScales {
  scales: Float32Array;
  maxima: Float64Array;
}

/** The reader of an activation: its weight on a grid of its own, and its bias in floats. */
export interface BiasedReader extends WeightScales {
  bias: Float32Array;
}

/** Steps that a bias may take: as many again are left for the products that are added to it. */
const MOST_STEPS = 2 ** 30;

/**
 * Steps that the smallest bias takes where the weights' grid does not matter, since what meets it is always zero: an
 * error of 1/8192.
 */
const FINE_STEPS = 2 ** 12;

/**
 * Steps that the bias of a channel without weights takes, whose scale serves nothing else: exact to the last bit but
 * one.
 */
const EXACT_STEPS = 2 ** 23;

/** Smallest step, well above where float32 ends. */
const LEAST_STEP = 2 ** -100;

/** How much coarser than needed a grid of 16 bits may be: as fine as one of 8 bits still. */
const WIDE_LEEWAY = 2 ** 8;

/**
 * The weight's scales on whose steps the bias of a layer that reads at `inputScale` fits: raised where it would
 * overflow, as fine as wanted where a channel has no weights. One scale for all stays one unless a bias needs its own:
 * then there is one for each of `channels`.
 */
export function suitBias(
  { scales, maxima }: WeightScales,
  inputScale: number,
  bias: Float32Array,
  channels: number,
): Float32Array {
  const isCommon = scales.length === 1 && channels > 1;
  const suited = Float32Array.from({ length: channels }, (_, channel) => {
    const own = at(scales, channel);
    const size = Math.abs(at(bias, channel));
    const least = Math.max(size / MOST_STEPS, LEAST_STEP) / inputScale;
    return !isCommon && at(maxima, channel) === 0 && size > 0
      ? Math.max(size / EXACT_STEPS, LEAST_STEP) / inputScale
      : Math.max(own, least);
  });
  return isCommon && suited.every((scale) => scale === scales[0]) ? scales : suited;
}

/**
 * The scale of a value that is always zero: fine enough for the bias of each layer that reads it, with nothing raised
 * for the largest; 1 where there is none.
 */
export function scaleOfNothing(readers: readonly BiasedReader[]): number {
  const wanted = readers.flatMap(inputScales);
  if (wanted.length === 0) return 1;
  const finest = wanted.reduce((least, scale) => Math.min(least, scale / FINE_STEPS), 1);
  return Math.max(finest, ...wanted.map((scale) => scale / MOST_STEPS));
}

/**
 * The scale of a 16-bit value, raised as far as it costs less than the weights' grids would: these layers run in
 * floats, and their biases on int32 all the same.
 */
export function scaleOfWide(scale: number, readers: readonly BiasedReader[]): number {
  const least = readers.flatMap(inputScales).reduce((most, wanted) => Math.max(most, wanted / MOST_STEPS), 0);
  return Math.max(scale, Math.min(least, scale * WIDE_LEEWAY));
}

/**
 * Input scales at which each bias of a reader would be one step. Channels without weights set none: their own scale can
 * be any.
 */
function inputScales({ scales, maxima, bias }: BiasedReader): number[] {
  return Array.from(bias, (value, channel) =>
    value === 0 || at(maxima, channel) === 0 ? 0 : Math.abs(value) / at(scales, channel),
  ).filter((scale) => scale > 0);
}

/** An entry per channel, or the one for all. */
function at(values: ArrayLike<number>, channel: number): number {
  return values[values.length === 1 ? 0 : channel] ?? 0;
}
