import type { ChannelLayout } from './arithmetic.js';
import { tensorDims, tensorToFloats, type Graph } from '#onnx';
import { channelLayout, channelMaxima, forEachChannelRun, quantizeSymmetric, symmetricScales } from './arithmetic.js';
import type { WeightBits } from './bits.js';
import type { WeightScales } from './bias-grid.js';
import { buildCodebook, type Codebook, type CodebookStart } from './codebook.js';
import type { Layer } from '../layers/layers.js';
import { powerOfTwoScales, searchScales } from './scale-search.js';

export interface WeightGridOptions {
  weightBits: WeightBits;
  weightFormat: 'uniform' | 'ternary' | 'binary' | 'codebook';
  powerOfTwo: boolean;
  /** Left to `auto` it is on: ±64 is right on every CPU. */
  reduceRange: boolean | 'auto';
  codebookStart: CodebookStart;
  /** Random numbers in [0, 1) for a codebook's random start. */
  random: () => number;
}

/** What decides the scales of a weight. */
export type GridScaleOptions = Pick<WeightGridOptions, 'weightBits' | 'weightFormat' | 'powerOfTwo' | 'reduceRange'>;

/** What decides the scales of a layer's weight. */
export type LayerScaleOptions = GridScaleOptions & { perChannel: boolean };

/**
 * A weight on its grid: w ≈ scale · integer, the integers stored in `storedBits` each, straight or as codebook
 * positions.
 */
export interface GridWeight {
  integers: Int8Array;
  scales: Float32Array;
  storedBits: 8 | 4 | 2;
  codebook: Codebook | null;
}

/** Ends of the grid per width: two products of ±64 by 255 fit the int16 lanes that kernels without VNNI add them in. */
const FULL_LIMIT = 127;
const REDUCED_LIMIT = 64;
const ENDS: Record<Exclude<WeightBits, 8>, [lowest: number, limit: number]> = { 4: [-7, 7], 3: [-3, 3], 2: [-2, 1] };

/** Ends of the integers that a weight of these options may take. */
export function gridEnds(
  options: Pick<WeightGridOptions, 'weightBits' | 'weightFormat' | 'reduceRange'>,
): [lowest: number, limit: number] {
  if (options.weightFormat === 'ternary' || options.weightFormat === 'binary') return [-1, 1];
  if (options.weightBits < 8 && options.weightFormat === 'uniform') return ENDS[options.weightBits as 4 | 3 | 2];
  const limit = options.reduceRange ? REDUCED_LIMIT : FULL_LIMIT;
  return [-limit, limit];
}

/** Bits that a stored element takes: ONNX packs 4 and 2. */
export function storedBits({
  weightBits,
  weightFormat,
}: Pick<WeightGridOptions, 'weightBits' | 'weightFormat'>): 8 | 4 | 2 {
  if (weightFormat === 'ternary' || weightFormat === 'binary') return 2;
  return weightBits === 3 ? 4 : weightBits;
}

/**
 * Bits that a weight's levels need, for the report: what ternary and binary weights take is theirs, whatever
 * `weightBits`.
 */
export function levelBits({
  weightBits,
  weightFormat,
}: Pick<WeightGridOptions, 'weightBits' | 'weightFormat'>): WeightBits {
  return weightFormat === 'ternary' || weightFormat === 'binary' ? 2 : weightBits;
}

/**
 * Scales for the options: the mean magnitude for binary weights, the widest at 8 bits and for codebooks, those of least
 * squared error on few levels.
 */
export function chooseScales(values: Float32Array, layout: ChannelLayout, options: GridScaleOptions): Float32Array {
  const [lowest, limit] = gridEnds(options);
  if (options.weightFormat === 'binary') return binaryScales(values, layout, options.powerOfTwo);
  const widest = symmetricScales(channelMaxima(values, layout), Math.max(limit, -lowest));
  const chosen =
    limit < REDUCED_LIMIT
      ? searchScales(values, layout, symmetricScales(channelMaxima(values, layout), limit), limit, lowest)
      : widest;
  return options.powerOfTwo ? powerOfTwoScales(chosen) : chosen;
}

/**
 * The scales that a layer's weight takes by itself, per output channel or one for all, and the largest magnitudes below
 * them.
 */
export function layerScales(graph: Graph, { weight, axis, bits }: Layer, options: LayerScaleOptions): WeightScales {
  const tensor = graph.tensor(weight);
  const values = tensorToFloats(tensor);
  const layout = channelLayout(tensorDims(tensor), options.perChannel ? axis : null);
  const scaleOptions = { ...options, weightBits: bits ?? options.weightBits };
  return { scales: chooseScales(values, layout, scaleOptions), maxima: channelMaxima(values, layout) };
}

/**
 * Mean |w| of each channel's weights that are not zero: the scale of least squared error for sign(w) (Rastegari et al.
 * 2016, equation 6).
 */
function binaryScales(values: Float32Array, layout: ChannelLayout, powerOfTwo: boolean): Float32Array {
  const sums = new Float64Array(layout.channels);
  const counts = new Float64Array(layout.channels);
  forEachChannelRun(layout, (channel, start, end) => {
    for (let i = start; i < end; i++) {
      sums[channel]! += Math.abs(values[i]!);
      counts[channel]! += Number(values[i] !== 0);
    }
  });
  const means = symmetricScales(
    sums.map((sum, channel) => sum / (counts[channel] || 1)),
    1,
  );
  return powerOfTwo ? powerOfTwoScales(means) : means;
}

/** Puts a weight on its grid with given scales. Weights that are zero stay zero in every format. */
export function toGrid(
  values: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
  options: WeightGridOptions,
): GridWeight {
  if (options.weightFormat === 'binary')
    return { integers: Int8Array.from(values, Math.sign), scales, storedBits: 2, codebook: null };
  const [lowest, limit] = gridEnds(options);
  const integers = quantizeSymmetric(values, layout, scales, limit, lowest);
  if (options.weightFormat !== 'codebook' || options.weightBits === 8)
    return { integers, scales, storedBits: storedBits(options), codebook: null };
  const codebook = buildCodebook(integers, 2 ** options.weightBits, options.codebookStart, options.random);
  return {
    integers: Int8Array.from(codebook.indices, (index) => codebook.entries[index]!),
    scales,
    storedBits: storedBits(options),
    codebook,
  };
}
