import { aliveShare, entropy } from './activation-importance.js';
import { gradientImportance } from './gradient-importance.js';
import {
  WEIGHT_IMPORTANCES,
  type GroupImportance,
  type Importance,
  type ImportanceContext,
  type ImportanceName,
} from './importance.js';
import type { Group } from '../channels/groups.js';

/** What scoring takes from the stage. */
export type ScoringInputs = Pick<ImportanceContext, 'data' | 'seed' | 'threads'>;

const perGroup =
  (importance: GroupImportance): Importance =>
  async (context, groups) =>
    groups.map((group) => importance(context, group));

/** Every importance by name. */
const IMPORTANCES: Record<ImportanceName, Importance> = {
  l1: perGroup(WEIGHT_IMPORTANCES.l1),
  l2: perGroup(WEIGHT_IMPORTANCES.l2),
  'geometric-median': perGroup(WEIGHT_IMPORTANCES['geometric-median']),
  'bn-scale': perGroup(WEIGHT_IMPORTANCES['bn-scale']),
  random: perGroup(WEIGHT_IMPORTANCES.random),
  entropy,
  apoz: aliveShare,
  taylor: gradientImportance('taylor'),
  fisher: gradientImportance('fisher'),
};

/** Scores of the classes of each group, by the importance that the options name. */
export function scoreGroups(context: ImportanceContext, groups: readonly Group[]): Promise<Float64Array[]> {
  return IMPORTANCES[context.options.importance](context, groups);
}
