import { DistillOptions, type PruneOptions } from '#contracts';
import type { Obstacle } from '../../pass.js';

/** The distillation between two steps of a schedule. */
export function recoveryOf({ recoverEpochs, freeze }: PruneOptions): DistillOptions {
  return DistillOptions.parse({ epochs: Math.max(1, recoverEpochs), freeze, keepZeros: 'always' });
}

/** Whether anything is trained: a single step is not followed by any recovery. */
export function recovers({ recoverEpochs, schedule }: PruneOptions): boolean {
  return recoverEpochs > 0 && schedule !== 'one-shot';
}

/** What keeps the recovery from running, in the words of pruning. */
export function atRecovery(obstacles: readonly Obstacle[]): Obstacle[] {
  return obstacles.map(({ field, message }) => ({ field: field === 'freeze' ? field : 'recoverEpochs', message }));
}
