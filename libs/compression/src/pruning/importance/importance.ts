import type { PruneOptions } from '#contracts';
import type { Dataset } from '#datasets';
import type { Graph, WeightSite } from '#onnx';
import type { Work } from '../../work.js';
import type { Dependencies, Group } from '../channels/groups.js';

/** What scoring takes from the stage. */
export interface ScoringInputs {
  data: Dataset | null;
  seed: number;
  threads: number;
  /** Who is told how far the work is. */
  work?: Work;
}

/** What an importance may look at. */
export interface ImportanceContext extends ScoringInputs {
  graph: Graph;
  dependencies: Dependencies;
  options: PruneOptions;
}

/** What it may look at where single weights are scored: the layers whose weights they are, not what goes together. */
export interface WeightContext extends Omit<ImportanceContext, 'dependencies'> {
  sites: readonly WeightSite[];
}

/** Scores each unit of a group: the lower, the sooner it goes. Scores of one group have mean 1 unless all are zero. */
export type GroupScore = (context: ImportanceContext, group: Group) => Float64Array;

/** The same for all groups at once: importances that run the model run it once. */
export type GroupScores = (context: ImportanceContext, groups: readonly Group[]) => Promise<Float64Array[]>;

/** One score per element of each site's weight, in storage order; what is zero already scores least. */
export type WeightScores = (context: WeightContext) => Promise<Float64Array[]>;

/**
 * A way to judge what may go. To add one: its file, its line in importances.ts, its name and what it reads in
 * IMPORTANCES of libs/contracts.
 */
export interface Importance {
  groups: GroupScores;
  weights: WeightScores;
  /**
   * The exponent under which scores of weights compare between layers: magnitudes count squared, as they do to the
   * output; estimates of the loss as they are.
   */
  power: 1 | 2;
  /** Scores of so many blocks, for one that does not go by the error of the outputs without them. */
  blocks?(count: number, seed: number): number[];
}

/** For an importance that looks at one group at a time. */
export function perGroup(score: GroupScore): GroupScores {
  return async (context, groups) => {
    const tell = context.work?.walk(groups.length, 'group');
    return groups.map((group, i) => {
      const scores = score(context, group);
      tell?.(i + 1);
      return scores;
    });
  };
}
