import { countParameters, Graph } from '#onnx';
import type { PatternOf } from '../../../pruning/weights/patterns.js';
import { prunableSites, pruneWeights } from '../../../pruning/weights/prune-weights.js';
import { liftConstants } from '../../../rewrites/constants.js';
import { inSteps } from '../in-steps.js';
import { sparsityVerdict } from '../verdict.js';
import type { Granularity } from './granularity.js';

/** Zeros for weights, in a pattern. */
export function zeros(patternOf: PatternOf): Granularity {
  return {
    changesShapes: false,

    preflight: (graph, options) => prunableSites(graph, options).skipped,

    async apply(context, options) {
      // Zeros stay the smallest weights, so that a later step only adds to them.
      const { layers, skipped, sparsity } = await inSteps(context, options, (model, _previous, ratio, work) => {
        const graph = new Graph(model);
        liftConstants(graph);
        return pruneWeights(graph, patternOf, { ...options, ratio }, { ...context, work });
      });
      const { parameters, nonZeros } = countParameters(context.model);
      const modelSparsity = parameters > 0 ? 1 - nonZeros / parameters : 0;
      const told = { sparsity, layers: layers.length, modelSparsity };
      return {
        skipped,
        summary: { granularity: options.granularity, sparsity, modelSparsity, layers },
        verdictOf: (gains, before, after) => sparsityVerdict(told, before, after, gains),
      };
    },
  };
}
