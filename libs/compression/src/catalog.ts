import type { PassName } from '#contracts';
import { analyzePass } from './passes/analyze/analyze.js';
import { distillPass } from './passes/distill/distill.js';
import { evaluatePass } from './passes/evaluate/evaluate.js';
import { exportPass } from './passes/export/export.js';
import { onFiniteWeights } from './finite-weights.js';
import type { Pass } from './pass.js';
import { prunePass } from './passes/prune/prune.js';
import { trainPass } from './passes/train/train.js';
import { quantizePass } from './passes/quantize/quantize.js';

/** The code of every pass by name; a pass without its line here does not compile. */
export const CATALOG: { [N in PassName]: Pass<N> } = {
  quantize: onFiniteWeights(quantizePass),
  prune: onFiniteWeights(prunePass),
  distill: onFiniteWeights(distillPass),
  train: onFiniteWeights(trainPass),
  analyze: onFiniteWeights(analyzePass),
  export: exportPass,
  evaluate: evaluatePass,
};
