import type { PassOptions } from '#contracts';
import { nodeLabel, Graph, cloneModel, writeModel, type ModelProto } from '#onnx';
import { distillation } from '../../distillation/distillation.js';
import { checkNames } from '../../name-pattern.js';
import type { Pass, PassContext } from '../../pass.js';
import { gradientObstacles, readsGradients } from '../../pruning/importance/gradient-obstacles.js';
import { liftConstants } from '../../rewrites/constants.js';
import { UnobservableModelError } from '../../rewrites/errors.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { batchProblem } from '../../training/batches/batch-size.js';
import { freedForm } from '../../training/form/copied-form.js';
import { Work } from '../../work.js';
import { measureGains } from './gains.js';
import { granularityOf } from './granularities/granularities.js';
import { ratioWithin } from './ratio-within.js';
import { atRecovery, recoveryOf, recovers } from './recovery.js';

type Options = PassOptions<'prune'>;

/** Where each step ends, as a share of the work; a step that there is none of is passed over. */
const DONE_BY = { sensitivity: 0.4, ratio: 0.7, pruning: 0.9, timing: 0.95 } as const;

/**
 * Removes what matters least.
 *
 *     weight, n:m, block   W -> W with zeros, in its own storage (int8 weights behind DequantizeLinear included)
 *     layer                x -> Conv -> Relu -> Conv -> Add(x)   becomes   x
 *     channel              Conv(32 -> 64) -> Relu -> Conv(64 -> 64)
 *                          becomes   Conv(32 -> 32) -> Relu -> Conv(32 -> 64)
 */
export const prunePass: Pass<'prune'> = {
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
    if (!recovers(options)) return [];
    return atRecovery((await distillation.trial?.(model, recoveryOf(options), known)) ?? []);
  },

  async run(context, options) {
    checkScope(new Graph(context.model), options);
    const granularity = granularityOf(options);
    const before = writeModel(context.model);
    const work = new Work(context.progress);
    const step = (doing: string, until: number): PassContext => {
      work.begin(doing, until);
      return { ...context, progress: work.progress };
    };
    const scanned = options.sensitivity
      ? await granularity.scan?.(step('sensitivity', DONE_BY.sensitivity), options)
      : undefined;
    const { maxDrop } = options;
    const ratio =
      maxDrop === undefined
        ? options.ratio
        : await ratioWithin(maxDrop, step('ratio within maxDrop', DONE_BY.ratio), options);
    const {
      skipped,
      summary,
      files = [],
      verdictOf,
    } = await granularity.apply(step('pruning', DONE_BY.pruning), {
      ...options,
      ratio,
    });
    const after = writeModel(context.model);
    work.begin('timing the models before and after', DONE_BY.timing);
    const gains = await measureGains(before, after, work.share('the runs'));
    work.begin('sizes for transfer', 1);
    const verdict = verdictOf(gains, before, after);
    context.progress(1);
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
