import type { EncodingGroup, ListedEncoding, MappedEncoding, QuantizeOptions, Skipped } from '#contracts';
import type { Graph } from '#onnx';
import { OptionError } from '../../errors.js';
import type { ActivationBits, WeightBits } from '../grid/bits.js';
import { gridEnds, type WeightGridOptions } from '../grid/weight-grid.js';
import { fixedRanges, type PairSite } from '../emit/placement.js';
import type { Layer } from '../layers/layers.js';
import type { CalibratedRange } from './calibrate.js';

/** A weight's grid as a file of encodings gives it: a scale per channel, or one. */
export interface WeightEncoding {
  bits: WeightBits;
  scales: Float32Array;
}

/** What a file of encodings says of a model, by name, as far as quantization has such a grid. */
export interface KnownEncodings {
  ranges: ReadonlyMap<string, CalibratedRange>;
  activationBits: ReadonlyMap<string, ActivationBits>;
  weights: ReadonlyMap<string, WeightEncoding>;
  /** Weights that took their scales from it, by their names there. */
  used: Set<string>;
}

/** Where no file is given. */
export function noEncodings(): KnownEncodings {
  return { ranges: new Map(), activationBits: new Map(), weights: new Map(), used: new Set() };
}

/** A tensor's integers in both forms of the file: real = (integer + offset) · scale, integers from 0. */
interface Entry {
  name: string;
  isInteger: boolean;
  /** Null where its channels are of different widths. */
  bits: number | null;
  scales: number[];
  offsets: number[];
}

/** Names that an option has no use for, with the reason; one line tells those of one reason. */
export class Unused {
  private readonly byReason = new Map<string, string[]>();

  add(name: string, reason: string): void {
    this.byReason.set(reason, [...(this.byReason.get(reason) ?? []), name]);
  }

  get skipped(): Skipped[] {
    return [...this.byReason].map(([reason, names]) => ({
      node: 'encodings',
      reason: `no use for ${names.map((name) => `"${name}"`).join(', ')}: ${reason}`,
    }));
  }
}

/**
 * Reads the option for a model of these names; what no grid here can be, or speaks of no value, is added to `unused`.
 * Throws OptionError where the model has none of the names: the file is of another one.
 */
export function readEncodings(
  { encodings }: Pick<QuantizeOptions, 'encodings'>,
  names: ReadonlySet<string>,
  unused: Unused,
): KnownEncodings {
  if (!encodings) return noEncodings();
  const [activations, parameters] = [entriesOf(encodings.activation_encodings), entriesOf(encodings.param_encodings)];
  const given = [...activations, ...parameters];
  if (!given.some(({ name }) => names.has(name)))
    throw new OptionError(
      'encodings',
      `none of the ${given.length} tensors in encodings is one of the model's` +
        `${given[0] ? `, such as "${given[0].name}"` : ''}: give a file that was exported for this model`,
    );
  const read = <T>(entries: readonly Entry[], parse: (entry: Entry) => T | string): Map<string, T> =>
    new Map(
      entries.flatMap((entry): [string, T][] => {
        const found = names.has(entry.name) ? parse(entry) : 'the model has no value of that name';
        if (typeof found !== 'string') return [[entry.name, found]];
        unused.add(entry.name, found);
        return [];
      }),
    );
  const grids = read(activations, activationOf);
  return {
    ranges: new Map([...grids].map(([name, { range }]) => [name, range])),
    activationBits: new Map([...grids].map(([name, { bits }]) => [name, bits])),
    weights: read(parameters, weightOf),
    used: new Set(),
  };
}

/** All that a file of encodings may name. */
export function valueNames(graph: Graph): string[] {
  return [
    ...graph.inputs.map(({ name }) => name),
    ...graph.proto.initializer.map(({ name }) => name),
    ...graph.nodes.flatMap(({ output }) => output),
  ];
}

/** What is known of a layer's weight, by its name in the file: a normalization may have been folded into it since. */
export function encodingOf({ weights }: KnownEncodings, { weight }: Pick<Layer, 'weight'>): WeightEncoding | undefined {
  return weights.get(weight) ?? weights.get(originalName(weight));
}

/**
 * The scales that are given for a weight of so many channels, as it is stored; why not where they do not fit. `maximaOf`
 * gives the largest magnitudes that so many scales serve.
 */
export function scalesGiven(
  { bits, scales }: WeightEncoding,
  channels: number,
  maximaOf: (count: number) => Float64Array,
  stored: Pick<WeightGridOptions, 'weightBits' | 'weightFormat' | 'reduceRange'>,
): Float32Array | string {
  if (bits !== stored.weightBits) return `${bits} bits are given, and other options ask for ${stored.weightBits}`;
  if (scales.length !== 1 && scales.length !== channels)
    return `${scales.length} scales are given, and the weight has ${channels} output channels`;
  const [, limit] = gridEnds(stored);
  const isBeyond = (most: number, i: number) => most > scales[i]! * (limit + 1);
  return bits === 8 && stored.reduceRange && maximaOf(scales.length).some(isBeyond)
    ? `its scales want all of ±127, and weights keep within ±${limit} here: see reduceRange`
    : scales;
}

/** Adds to `unused` what came to no use: activations that have no grid of their own, weights of no integer layer. */
export function findUnused(known: KnownEncodings, sites: readonly PairSite[], unused: Unused): void {
  const fixed = fixedRanges(sites);
  const sources = new Set(sites.map(({ source }) => source));
  for (const name of known.ranges.keys()) {
    if (fixed.has(name)) unused.add(name, 'its operator decides its range, whatever the data');
    else if (!sources.has(name)) unused.add(name, 'no integer kernel reads it on a grid of its own');
  }
  for (const name of known.weights.keys())
    if (!known.used.has(name)) unused.add(name, 'it is no weight of a layer that computes in integers');
}

/** The name that a weight had before rewrites gave it another. */
export function originalName(weight: string): string {
  return weight.replace(/_(folded|float)$/, '');
}

function entriesOf(group: EncodingGroup): Entry[] {
  return Array.isArray(group)
    ? group.map(ofListed)
    : Object.entries(group).map(([name, encodings]) => ofMapped(name, encodings));
}

function ofListed({ name, bw, dtype, scale, offset }: ListedEncoding): Entry {
  return { name, bits: bw, isInteger: dtype.toLowerCase() === 'int', scales: scale, offsets: offset };
}

/** Older files say the range alone, which scale and offset follow from. */
function ofMapped(name: string, encodings: readonly MappedEncoding[]): Entry {
  const bits = encodings[0]?.bitwidth ?? 0;
  const steps = 2 ** bits - 1;
  const scales = encodings.map(({ scale, min, max }) => scale ?? ((max ?? NaN) - (min ?? NaN)) / steps);
  return {
    name,
    bits: encodings.every(({ bitwidth }) => bitwidth === bits) ? bits : null,
    isInteger: encodings.every(({ dtype }) => dtype.toLowerCase() === 'int'),
    scales,
    offsets: encodings.map(({ offset, min }, i) => offset ?? Math.round((min ?? NaN) / scales[i]!)),
  };
}

const NOT_INTEGERS = 'it is of floats there, and stays what the other options make of it';
const MIXED = 'its channels are of different widths there';
const NO_GRID = 'it has no scale and offset there';

function activationOf(entry: Entry): { range: CalibratedRange; bits: ActivationBits } | string {
  const { isInteger, bits, scales, offsets } = entry;
  if (!isInteger) return NOT_INTEGERS;
  if (bits === null) return MIXED;
  if (bits !== 8 && bits !== 16) return `activations take 8 or 16 bits, and ${bits} are given`;
  if (scales.length > 1) return 'an activation has one grid here, and several are given';
  const [scale = NaN, offset = NaN] = [scales[0], offsets[0]];
  if (!Number.isFinite(scale * offset)) return NO_GRID;
  if (offset > 0 || offset < 1 - 2 ** bits) return 'its range does not hold zero';
  return { bits, range: { min: scale * offset, max: scale * (offset + 2 ** bits - 1), saturation: 0 } };
}

const WEIGHT_BITS: ReadonlySet<number> = new Set([8, 4, 3, 2]);

function weightOf({ isInteger, bits, scales, offsets }: Entry): WeightEncoding | string {
  if (!isInteger) return NOT_INTEGERS;
  if (bits === null) return MIXED;
  if (!WEIGHT_BITS.has(bits)) return `weights take 8, 4, 3 or 2 bits, and ${bits} are given`;
  if (scales.length === 0 || scales.some((scale) => !Number.isFinite(scale))) return NO_GRID;
  const middle = -(2 ** (bits - 1));
  const isSymmetric = offsets.length === scales.length && offsets.every((offset) => Math.abs(offset - middle) <= 1);
  if (!isSymmetric) return 'weights have their zero in the middle of their integers here, and another offset is given';
  return { bits: bits as WeightBits, scales: Float32Array.from(scales) };
}
