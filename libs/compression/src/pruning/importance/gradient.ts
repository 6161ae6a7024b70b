import { elementOf } from '#onnx';
import { visitProducts, type Products } from './gradient-products.js';
import type { Group } from '../channels/groups.js';
import type { GroupScores, Importance, ImportanceContext, WeightContext, WeightScores } from './importance.js';
import {
  addScaled,
  isProduced,
  memberWeight,
  sumsAt,
  weightMembers,
  withMeanOne,
  type WeightMember,
} from './members.js';
import { sliceSums, slicePowers } from './slice-norms.js';
import { magnitudeOfWeights } from './weight-scores.js';

type GradientKind = 'taylor' | 'fisher';

/** How much the loss moves by, from the first-order change w · dL/dw of what is removed on one sample. */
const SIZES: Record<GradientKind, (change: number) => number> = {
  taylor: Math.abs,
  fisher: (change) => change * change,
};

/**
 * Scores channels by how the loss would change without them: first-order Taylor |Σ w · dL/dw| or empirical Fisher (Σ w
 * · dL/dw)², the mean over samples. The sum runs over the weights that read the channel, where it equals activation
 * times dL/dactivation, which is the change (Molchanov et al. 2017); the weights that make it know nothing of the bias.
 * Where no weight reads it, those count.
 */
function changesOfGroups(kind: GradientKind): GroupScores {
  return async (context, groups) => {
    const members = groups.map((group) => listeners(context, group));
    const totals = members.map((list) => list.map(({ positions }) => new Float64Array(positions.length)));
    await visitProducts(context, (products) => {
      members.forEach((list, g) =>
        list.forEach((member, m) => addChanges(totals[g]![m]!, member, products, SIZES[kind])),
      );
    });
    return groups.map((group, g) => scoreGroup(context, group, elementOf(members, g, 'members'), totals[g]!));
  };
}

function listeners(context: ImportanceContext, group: Group): WeightMember[] {
  const members = weightMembers(context, group);
  const listening = members.filter((member) => !isProduced(context, member));
  return listening.length > 0 ? listening : members;
}

function addChanges(
  total: Float64Array,
  { weight, axis, positions }: WeightMember,
  products: Products,
  size: (change: number) => number,
): void {
  const changes = weight.storage && products.get(weight.storage.stored);
  if (!changes) return;
  const sums = sliceSums(changes, weight.dims, axis);
  positions.forEach((indices, i) => {
    const change = indices.reduce((sum, index) => sum + sums[index]!, 0);
    total[i]! += size(change);
  });
}

/**
 * A weight that training cannot reach (a codebook) counts by its magnitude squared, which is all that is known of it.
 */
function scoreGroup(
  context: ImportanceContext,
  group: Group,
  members: readonly WeightMember[],
  totals: readonly Float64Array[],
): Float64Array {
  const total = new Float64Array(group.units.length);
  members.forEach((member, m) => {
    const { weight, axis, positions } = member;
    if (totals[m]!.some((value) => value > 0)) return addScaled(total, totals[m]!, memberWeight(context, member));
    const sums = slicePowers(weight.values, weight.dims, axis, 2);
    addScaled(total, sumsAt(positions, sums), memberWeight(context, member));
  });
  return withMeanOne(total);
}

/** Per element of each weight, by the name of the stored tensor: |w · dL/dw|, or (w · dL/dw)², summed over samples. */
async function elementSaliency(context: WeightContext, kind: GradientKind): Promise<Map<string, Float64Array>> {
  const totals = new Map<string, Float64Array>();
  const size = SIZES[kind];
  await visitProducts(context, (products) => {
    for (const [name, changes] of products) {
      const total = totals.get(name) ?? new Float64Array(changes.length);
      for (let i = 0; i < changes.length; i++) total[i]! += size(changes[i]!);
      totals.set(name, total);
    }
  });
  return totals;
}

/** |w · dL/dw| or (w · dL/dw)²; magnitude where training cannot reach a weight (a codebook). */
function changesOfWeights(kind: GradientKind): WeightScores {
  return async (context) => {
    const saliency = await elementSaliency(context, kind);
    const magnitudes = await magnitudeOfWeights(context);
    return context.sites.map((site, i) => saliency.get(site.storage.stored) ?? magnitudes[i]!);
  };
}

/** First-order Taylor (Molchanov et al. 2017). */
export const taylor: Importance = {
  groups: changesOfGroups('taylor'),
  weights: changesOfWeights('taylor'),
  power: 1,
};

/** Empirical Fisher (Theis et al. 2018). */
export const fisher: Importance = {
  groups: changesOfGroups('fisher'),
  weights: changesOfWeights('fisher'),
  power: 1,
};
