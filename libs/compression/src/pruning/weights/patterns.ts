import { elementCount, type WeightSite, elementOf, dimOf } from '#onnx';
import type { PruneOptions } from '#contracts';

/**
 * How the elements of one weight compete: elements of a unit go together, units of a pool are ranked against each
 * other.
 */
export interface Pattern {
  unitOf: Uint32Array;
  units: number;
  poolOf: Uint32Array;
  pools: number;
  /** Share of each pool's units to remove; null leaves it to the ratio. */
  share: number | null;
}

type Layout = Pick<WeightSite, 'dims' | 'inputAxis' | 'outputAxis'>;

/** The pattern that is laid over a weight. */
export type PatternOf = (layout: Layout, options: Pick<PruneOptions, 'pattern' | 'block'>) => Pattern;

/** Every weight by itself, ranked against all others. */
export const singleWeights: PatternOf = ({ dims }) => {
  const count = elementCount(dims);
  return { ...ownUnits(count), poolOf: new Uint32Array(count), pools: 1, share: null };
};

/** Of every m consecutive inputs the m - n least. */
export const nOfMPattern: PatternOf = (layout, { pattern }) => {
  const [keep, of] = pattern.split(':').map(Number) as [number, number];
  const { ids, count } = blockIds(layout, 1, of);
  return { ...ownUnits(ids.length), poolOf: ids, pools: count, share: Math.max(0, 1 - keep / of) };
};

/** Blocks of consecutive outputs and inputs, ranked against each other. */
export const blockPattern: PatternOf = (layout, { block: [outputs, inputs] }) => {
  const { ids, count } = blockIds(layout, outputs, inputs);
  return { unitOf: ids, units: count, poolOf: new Uint32Array(count), pools: 1, share: null };
};

function ownUnits(count: number): Pick<Pattern, 'unitOf' | 'units'> {
  return { unitOf: Uint32Array.from({ length: count }, (_, i) => i), units: count };
}

/**
 * Which elements go: the `count` units of least mean score, or, where the pattern names a share, that share of every
 * pool. Ties fall to the later unit's advantage, so that the result does not depend on the engine's sort.
 */
export function maskOf(scores: ArrayLike<number>, pattern: Pattern, count: number): Uint8Array {
  const means = unitMeans(scores, pattern);
  const gone = new Uint8Array(pattern.units);
  for (const units of pooled(pattern))
    dropLowest(units, means, pattern.share === null ? count : Math.floor(units.length * pattern.share + 1e-9), gone);
  return Uint8Array.from(pattern.unitOf, (unit) => gone[unit]!);
}

/** Mean score of each unit. */
export function unitMeans(scores: ArrayLike<number>, { unitOf, units }: Pattern): Float64Array {
  const sums = new Float64Array(units);
  const counts = new Uint32Array(units);
  unitOf.forEach((unit, i) => {
    sums[unit]! += scores[i]!;
    counts[unit]!++;
  });
  return sums.map((sum, unit) => sum / counts[unit]!);
}

/**
 * Scores that compare between layers: each unit's mean score, over the sum of those that are not less (LAMP, Lee et al.
 * 2021), handed to its elements. Keeps the order within a layer, and makes the last units of any layer dear, so that a
 * small layer is never emptied before a large one. Magnitudes count with `power` 2, as they do to the output; estimates
 * of the loss with 1.
 */
export function acrossLayers(scores: ArrayLike<number>, pattern: Pattern, power: 1 | 2): Float64Array {
  const means = unitMeans(scores, pattern);
  const order = Uint32Array.from(means.keys()).sort((a, b) => means[b]! - means[a]! || b - a);
  const relative = new Float64Array(pattern.units);
  let sum = 0;
  for (const unit of order) {
    const score = means[unit]! ** power;
    sum += score;
    relative[unit] = sum > 0 ? score / sum : 0;
  }
  return Float64Array.from(pattern.unitOf, (unit) => relative[unit]!);
}

function dropLowest(units: Uint32Array, scores: Float64Array, count: number, gone: Uint8Array): void {
  const order = units.toSorted((a, b) => scores[a]! - scores[b]! || a - b);
  for (const unit of order.subarray(0, count)) gone[unit] = 1;
}

function pooled({ poolOf, pools, units }: Pattern): Uint32Array[] {
  if (pools === 1) return [Uint32Array.from({ length: units }, (_, i) => i)];
  const lists: number[][] = Array.from({ length: pools }, () => []);
  for (let unit = 0; unit < units; unit++) elementOf(lists, poolOf[unit]!, 'lists').push(unit);
  return lists.map((list) => Uint32Array.from(list));
}

/**
 * Numbers the blocks of `outputs` x `inputs` neighbours on the channel axes; other axes (kernel positions) are kept
 * apart.
 */
function blockIds(
  { dims, inputAxis, outputAxis }: Layout,
  outputs: number,
  inputs: number,
): { ids: Uint32Array; count: number } {
  const sizes = dims.map((_, axis) => (axis === inputAxis ? inputs : axis === outputAxis ? outputs : 1));
  const blocks = dims.map((length, axis) => Math.ceil(length / elementOf(sizes, axis, 'sizes')));
  const ids = new Uint32Array(elementCount(dims));
  for (let flat = 0; flat < ids.length; flat++) {
    let [rest, id, stride] = [flat, 0, 1];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      id += Math.floor((rest % dimOf(dims, axis)) / elementOf(sizes, axis, 'sizes')) * stride;
      stride *= elementOf(blocks, axis, 'blocks');
      rest = Math.floor(rest / dimOf(dims, axis));
    }
    ids[flat] = id;
  }
  return { ids, count: elementCount(blocks) };
}
