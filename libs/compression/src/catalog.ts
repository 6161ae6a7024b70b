import type { PassName } from '#contracts';
import { analyze } from './passes/analyze/analyze.js';
import { distill } from './passes/distill/distill.js';
import { evaluate } from './passes/evaluate/evaluate.js';
import { exportPass } from './passes/export/export.js';
import { onFiniteWeights } from './finite-weights.js';
import type { Pass } from './pass.js';
import { prune } from './passes/prune/prune.js';
import { train } from './passes/train/train.js';
import { quantize } from './passes/quantize/quantize.js';

/** The code of every pass by name; a pass without its line here does not compile. */
export const CATALOG: { [N in PassName]: Pass<N> } = {
  quantize: onFiniteWeights(quantize),
  prune: onFiniteWeights(prune),
  distill: onFiniteWeights(distill),
  train: onFiniteWeights(train),
  analyze: onFiniteWeights(analyze),
  export: exportPass,
  evaluate,
};
