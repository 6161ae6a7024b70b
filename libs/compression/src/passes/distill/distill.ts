import { distillation } from '../../distillation/distillation.js';
import type { Pass } from '../../pass.js';

/** Trains a model to give the answers of another; pruning recovers by the same engine. */
export const distillPass: Pass<'distill'> = { name: 'distill', ...distillation };
