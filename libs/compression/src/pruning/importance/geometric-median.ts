import { perGroup, type GroupScore, type Importance } from './importance.js';
import { addScaled, isProduced, weightMembers, withMeanOne } from './members.js';
import { sliceValues } from './slice-norms.js';
import { joinedChannels } from './weight-scores.js';

/**
 * Distance of a filter to all others (He et al. 2019, FPGM): what lies nearest the geometric median is the most
 * replaceable.
 */
const distances: GroupScore = (context, group) => {
  const total = new Float64Array(group.units.length);
  for (const { weight, axis, positions } of weightMembers(context, group).filter((member) =>
    isProduced(context, member),
  )) {
    const slice = (index: number) => sliceValues(weight.values, weight.dims, axis, index);
    const filters = positions.map((indices) => indices.map(slice));
    const toOthers = (filter: (typeof filters)[number]) =>
      filters.reduce((sum, other) => sum + distance(filter, other), 0);
    addScaled(total, Float64Array.from(filters, toOthers));
  }
  return withMeanOne(total);
};

function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let sum = 0;
  a.forEach((slice, part) => slice.forEach((value, i) => (sum += (value - b[part]![i]!) ** 2)));
  return Math.sqrt(sum);
}

const groups = perGroup(distances);

/** Filters that others can stand in for go first. */
export const geometricMedian: Importance = { groups, weights: joinedChannels(groups), power: 2 };
