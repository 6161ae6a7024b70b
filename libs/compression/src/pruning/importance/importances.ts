import type { ImportanceName, PruneOptions } from '#contracts';
import type { Group } from '../channels/groups.js';
import { apoz } from './apoz.js';
import { bnScale } from './bn-scale.js';
import { entropy } from './entropy.js';
import { geometricMedian } from './geometric-median.js';
import { fisher, taylor } from './gradient.js';
import type { Importance, ImportanceContext, WeightContext } from './importance.js';
import { l1, l2 } from './magnitude.js';
import { random } from './random.js';

/**
 * Every importance by name; one of the contracts without its line here does not compile, nor one that the contracts do
 * not know.
 */
const BY_NAME: Record<ImportanceName, Importance> = {
  l1,
  l2,
  'geometric-median': geometricMedian,
  'bn-scale': bnScale,
  entropy,
  apoz,
  taylor,
  fisher,
  random,
};

/** The importance that options name. */
export function importanceOf({ importance }: Pick<PruneOptions, 'importance'>): Importance {
  return BY_NAME[importance];
}

/** Scores of the units of each group, by the importance that the options name. */
export function scoreGroups(context: ImportanceContext, groups: readonly Group[]): Promise<Float64Array[]> {
  return importanceOf(context.options).groups(context, groups);
}

/** Scores of every element of each site's weight, by the importance that the options name. */
export function scoreWeights(context: WeightContext): Promise<Float64Array[]> {
  return importanceOf(context.options).weights(context);
}
