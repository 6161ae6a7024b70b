import type { Group } from '../channels/groups.js';
import { perGroup, type GroupScore, type Importance, type ImportanceContext } from './importance.js';
import { addScaled, isProduced, memberWeight, unitNorms, weightMembers, withMeanOne } from './members.js';
import { magnitudeOfWeights } from './weight-scores.js';

/** P_i = Σ_j w_j |θ_j^i| / mean_i |θ_j^i|, so that a tensor of large weights does not decide for all. */
export function magnitudeOfGroup(power: 1 | 2): GroupScore {
  return (context, group) => {
    const total = new Float64Array(group.units.length);
    for (const member of weightMembers(context, group))
      addScaled(total, unitNorms(member, power), memberWeight(context, member));
    return withMeanOne(total);
  };
}

/**
 * Per unit, the norm of the weights that read its channel, each tensor scaled to mean 1; ones where no weight reads it.
 */
export function listeningNorms(context: ImportanceContext, group: Group): Float64Array {
  const total = new Float64Array(group.units.length);
  for (const member of weightMembers(context, group))
    if (!isProduced(context, member)) addScaled(total, unitNorms(member, 2));
  return total.some((norm) => norm > 0) ? total : total.fill(1);
}

/** The sum of magnitudes (Li et al. 2017). */
export const l1: Importance = { groups: perGroup(magnitudeOfGroup(1)), weights: magnitudeOfWeights, power: 2 };

/** The root of the sum of squares. */
export const l2: Importance = { groups: perGroup(magnitudeOfGroup(2)), weights: magnitudeOfWeights, power: 2 };
