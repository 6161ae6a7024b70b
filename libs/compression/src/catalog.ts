import type { PassName } from '#contracts';
import { analyze } from './analyze/analyze.js';
import { distill } from './distill/distill.js';
import { evaluate } from './evaluate/evaluate.js';
import { onFiniteWeights } from './finite-weights.js';
import type { Pass } from './pass.js';
import { prune } from './prune-pass/prune.js';
import { train } from './train-pass/train.js';
import { quantize } from './quantize/quantize.js';

/** The code of every pass by name; a pass without its line here does not compile. */
export const CATALOG: { [N in PassName]: Pass<N> } = {
  quantize: onFiniteWeights(quantize),
  prune: onFiniteWeights(prune),
  distill: onFiniteWeights(distill),
  train: onFiniteWeights(train),
  analyze: onFiniteWeights(analyze),
  evaluate,
};
