import type { PruneOptions } from '#contracts';
import { macsOf, readWeight, elementOf } from '#onnx';
import type { Dependencies, Group } from '../channels/groups.js';
import type { ImportanceContext } from './importance.js';
import { readIntegerWeight, type WeightNumbers } from './integer-weight.js';
import { slicePowers } from './slice-norms.js';

/** One weight tensor of a group and, per unit, its positions on the axis that shrinks. */
export interface WeightMember {
  value: string;
  axis: number;
  weight: WeightNumbers;
  positions: number[][];
}

/** How much a tensor counts in its group, before its norms are scaled to mean 1. */
const GROUP_WEIGHTS: Record<
  PruneOptions['groupWeights'],
  (context: ImportanceContext, member: WeightMember) => number
> = {
  equal: () => 1,
  size: (_, { weight }) => weight.values.length,
  macs: ({ dependencies: { roles, coordinates } }, { value }) =>
    roles
      .layersOf(value)
      .reduce((sum, node) => sum + (macsOf(node, (name) => (name ? coordinates.dims(name) : undefined)) ?? 0), 0),
};

/** w_j of a member: see `groupWeights`. */
export function memberWeight(context: ImportanceContext, member: WeightMember): number {
  return GROUP_WEIGHTS[context.options.groupWeights](context, member);
}

/** The weights of layers that a group cuts. */
export function weightMembers({ graph, dependencies }: ImportanceContext, group: Group): WeightMember[] {
  return group.members.flatMap(({ value, axis }) => {
    if (!dependencies.roles.isWeight(value)) return [];
    const weight = readWeight(graph, value) ?? readIntegerWeight(graph, value);
    if (!weight) return [];
    return [{ value, axis, weight, positions: positionsOf(dependencies, group, value, axis) }];
  });
}

function positionsOf({ coordinates }: Dependencies, group: Group, value: string, axis: number): number[][] {
  const place = new Map(group.units.map((root, i) => [root, i]));
  const positions: number[][] = group.units.map(() => []);
  for (let index = 0; index < coordinates.dimsOf(value)[axis]!; index++) {
    const at = place.get(coordinates.find(coordinates.at(value, axis, index)));
    if (at !== undefined) elementOf(positions, at, 'positions').push(index);
  }
  return positions;
}

/** Whether the axis of a member makes the group's channels; else it reads them. */
export function isProduced({ dependencies }: ImportanceContext, { value, axis }: WeightMember): boolean {
  return dependencies.roles.isProduced(value, axis);
}

/** Per unit, the norm of a member's slices: the sum of magnitudes, or the root of the sum of squares. */
export function unitNorms({ weight, axis, positions }: WeightMember, power: 1 | 2): Float64Array {
  const sums = slicePowers(weight.values, weight.dims, axis, power);
  return sumsAt(positions, sums).map((sum) => (power === 1 ? sum : Math.sqrt(sum)));
}

/** Per unit, the sum of the entries at its positions. */
export function sumsAt(positions: readonly number[][], entries: ArrayLike<number>): Float64Array {
  const sumOf = (indices: readonly number[]) => indices.reduce((sum, index) => sum + entries[index]!, 0);
  return Float64Array.from(positions, sumOf);
}

/** Adds norms to a total, scaled to a mean of `weight`. */
export function addScaled(total: Float64Array, norms: Float64Array, weight = 1): void {
  const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
  if (mean > 0) norms.forEach((norm, i) => (total[i]! += (weight * norm) / mean));
}

export function withMeanOne(scores: Float64Array): Float64Array {
  const result = new Float64Array(scores.length);
  addScaled(result, scores);
  return result;
}
