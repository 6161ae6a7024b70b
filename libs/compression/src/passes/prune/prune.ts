import type { PassOptions } from '#contracts';
import { nodeLabel, Graph, cloneModel, writeModel, type ModelProto } from '#onnx';
import { distillation } from '../../distillation/distillation.js';
import { checkNames } from '../../name-pattern.js';
import type { Pass } from '../../pass.js';
import { gradientObstacles, readsGradients } from '../../pruning/importance/gradient-obstacles.js';
import { liftConstants } from '../../rewrites/constants.js';
import { UnobservableModelError } from '../../rewrites/errors.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { batchProblem } from '../../training/batches/batch-size.js';
import { freedForm } from '../../training/form/copied-form.js';
import { measureGains } from './gains.js';
import { granularityOf } from './granularities/granularities.js';
import { ratioWithin } from './ratio-within.js';
import { atRecovery, recoveryOf, recovers } from './recovery.js';

type Options = PassOptions<'prune'>;

/**
 * Removes what matters least.
 *
 *     weight, n:m, block   W -> W with zeros, in its own storage (int8 weights behind DequantizeLinear included)
 *     layer                x -> Conv -> Relu -> Conv -> Add(x)   becomes   x
 *     channel              Conv(32 -> 64) -> Relu -> Conv(64 -> 64)   becomes   Conv(32 -> 32) -> Relu -> Conv(32 -> 64)
 */
export const prune: Pass<'prune'> = {
  name: 'prune',

  preflight(model, options) {
    const graph = new Graph(cloneModel(model));
    checkScope(graph, options);
    liftConstants(graph);
    return granularityOf(options).preflight(graph, options);
  },

  obstacles: (model, options, models) => [
    ...gradientObstacles(model, options),
    ...(recovers(options) ? atRecovery(distillation.obstacles?.(model, recoveryOf(options), models) ?? []) : []),
  ],

  async trial(model, options, known) {
    const { importance } = options;
    const unobservable = granularityOf(options).changesShapes ? await unobservableModel(model) : null;
    if (unobservable) return [{ field: '', message: unobservable }];
    const batch = readsGradients(options)
      ? batchProblem((await freedForm(model)).graph, recoveryOf(options), known.data)
      : null;
    if (batch !== null)
      return [{ field: 'importance', message: `importance "${importance}" takes a step on the train split: ${batch}` }];
    return recovers(options) ? atRecovery((await distillation.trial?.(model, recoveryOf(options), known)) ?? []) : [];
  },

  async run(context, options) {
    checkScope(new Graph(context.model), options);
    const granularity = granularityOf(options);
    const before = writeModel(context.model);
    const scanned = options.sensitivity ? await granularity.scan?.(context, options) : undefined;
    const limited =
      options.maxDrop === undefined
        ? options
        : { ...options, ratio: await ratioWithin(options.maxDrop, context, options) };
    const { skipped, summary, files = [], verdictOf } = await granularity.apply(context, limited);
    const after = writeModel(context.model);
    const gains = await measureGains(before, after);
    const verdict = verdictOf(gains, before, after);
    context.log(verdict);
    return {
      model: context.model,
      skipped,
      summary: { ...summary, gains, verdict },
      files: [...(scanned ?? []), ...files],
    };
  },
};

/** Throws UnknownLayerError for a name that the options speak of and the model does not have. */
function checkScope(graph: Graph, { exclude, layerLimits }: Options): void {
  checkNames({ exclude, layerLimits: Object.keys(layerLimits) }, graph.nodes.map(nodeLabel));
}

async function unobservableModel(model: ModelProto): Promise<string | null> {
  try {
    await observeGraph(model);
    return null;
  } catch (error) {
    if (error instanceof UnobservableModelError) return error.message;
    throw error;
  }
}
