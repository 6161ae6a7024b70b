import type { PassOptions, Skipped } from '#contracts';
import { Graph, cloneModel, countParameters, writeModel, type ModelProto } from '#onnx';
import { distillation } from '../../distillation/distillation.js';
import { checkNames, nodeLabel } from '../../name-pattern.js';
import type { Pass, PassContext, PassResult } from '../../pass.js';
import { liftConstants } from '../../rewrites/constants.js';
import { UnobservableModelError } from '../../rewrites/errors.js';
import { foldSizes } from '../../rewrites/fold-sizes.js';
import { observeShapes } from '../../rewrites/observe-shapes.js';
import { AccuracyJudge, farthestRatio } from './accuracy-judge.js';
import { staticBlockers } from './blockers.js';
import { PruneInputError } from '../../pruning/errors.js';
import type { Figures } from '../../pruning/channels/figures.js';
import { dropBlocks, staticallyBlockedLayers } from '../../pruning/blocks/drop-blocks.js';
import { writeLatency } from '../../pruning/budget/latency-budget.js';
import { limitsOfRest } from '../../pruning/channels/layer-limits.js';
import { importancePlot } from './importance-plot.js';
import { pruneChannels, type GroupReport } from '../../pruning/channels/prune-channels.js';
import { prunableSites, pruneWeights } from '../../pruning/weights/prune-weights.js';
import { gradientObstacles, readsGradients } from '../../pruning/importance/gradient-obstacles.js';
import { freedForm } from '../../training/form/copied-form.js';
import { batchProblem } from '../../training/batches/batch-size.js';
import { atRecovery, recoveryOf, recovers } from './recovery.js';
import { ratiosOf, shareOfRest } from '../../pruning/budget/schedule.js';
import { scanSensitivity } from './sensitivity.js';
import { sensitivityPlot } from './sensitivity-plot.js';
import { measureGains, type Gains } from './gains.js';
import { channelVerdict, sparsityVerdict } from './verdict.js';
import { writeSideFiles } from '../../side-files.js';

/** Accuracy against ratio, group by group. */
export const SENSITIVITY_FILE = 'sensitivity.json';
export const SENSITIVITY_PLOT = 'sensitivity.svg';
/** Importance of each group's channels, and where the cut lies. */
export const IMPORTANCE_PLOT = 'importance.svg';

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

  preflight(model: ModelProto, options: Options): Skipped[] {
    const graph = new Graph(cloneModel(model));
    checkScope(graph, options);
    liftConstants(graph);
    if (options.granularity === 'channel') foldSizes(graph);
    if (options.granularity === 'layer') return staticallyBlockedLayers(graph, options);
    return options.granularity === 'channel' ? staticBlockers(graph, options) : prunableSites(graph, options).skipped;
  },

  obstacles: (model, options, models) => [
    ...gradientObstacles(model, options),
    ...(recovers(options) ? atRecovery(distillation.obstacles?.(model, recoveryOf(options), models) ?? []) : []),
  ],

  async trial(model, options, known) {
    const { importance } = options;
    const unobservable = needsShapes(options) ? await unobservableModel(model) : null;
    if (unobservable) return [{ field: '', message: unobservable }];
    const batch = readsGradients(options)
      ? batchProblem((await freedForm(model)).graph, recoveryOf(options), known.data)
      : null;
    if (batch !== null)
      return [{ field: 'importance', message: `importance "${importance}" takes a step on the train split: ${batch}` }];
    return recovers(options) ? atRecovery((await distillation.trial?.(model, recoveryOf(options), known)) ?? []) : [];
  },

  async run(context: PassContext, options: Options): Promise<PassResult> {
    checkScope(new Graph(context.model), options);
    const before = writeModel(context.model);
    const files =
      options.sensitivity && options.granularity === 'channel' ? await writeSensitivity(context, options) : [];
    const limited =
      options.maxDrop === undefined
        ? options
        : { ...options, ratio: await ratioWithin(options.maxDrop, context, options) };
    const { skipped, summary, groups, files: written = [], verdictOf } = await apply(context, limited);
    files.push(...written);
    if (options.sensitivity && groups) {
      files.push(...(await writeSideFiles(context, { [IMPORTANCE_PLOT]: () => importancePlot(groups) })));
    }
    const after = writeModel(context.model);
    const gains = await measureGains(before, after);
    const verdict = verdictOf(gains, before, after);
    context.log(verdict);
    return { model: context.model, skipped, summary: { ...summary, gains, verdict }, files };
  },
};

/** Throws UnknownLayerError for a name that the options speak of and the model does not have. */
function checkScope(graph: Graph, { exclude, layerLimits }: Options): void {
  checkNames({ exclude, layerLimits: Object.keys(layerLimits) }, graph.nodes.map(nodeLabel));
}

/** What was done to the context's model, before its gains are measured. */
interface Applied {
  skipped: Skipped[];
  summary: Record<string, unknown>;
  /** With granularity channel. */
  groups?: GroupReport[];
  /** Evidence written to the context's folder. */
  files?: string[];
  verdictOf(gains: Gains, before: Uint8Array, after: Uint8Array): string;
}

function apply(context: PassContext, options: Options): Promise<Applied> {
  if (options.granularity === 'layer') return dropLayers(context, options);
  return isUnstructured(options) ? zeroWeights(context, options) : removeChannels(context, options);
}

/** The greatest ratio that loses no more top-1 than allowed, tried on copies. */
async function ratioWithin(maxDrop: number, context: PassContext, options: Options): Promise<number> {
  if (options.schedule !== 'one-shot' || options.budget)
    throw new PruneInputError('maxDrop', 'schedule one-shot and no budget: it decides the ratio itself');
  const judge = await AccuracyJudge.create('maxDrop', context.model, context.data, {
    ...options,
    threads: context.threads,
  });
  const quiet = { progress: () => undefined, log: () => undefined };
  const ratio = await farthestRatio(options.ratio, maxDrop, async (tried) => {
    const model = cloneModel(context.model);
    await apply({ ...context, ...quiet, model }, { ...options, ratio: tried });
    const drop = await judge.dropOf(model);
    context.log(`ratio ${tried.toFixed(3)}: top-1 falls by ${(drop * 100).toFixed(2)} points`);
    return drop;
  });
  await judge.release();
  return ratio;
}

async function writeSensitivity(context: PassContext, options: Options): Promise<string[]> {
  const judge = await AccuracyJudge.create('sensitivity', context.model, context.data, {
    ...options,
    threads: context.threads,
  });
  const graph = new Graph(cloneModel(context.model));
  liftConstants(graph);
  foldSizes(graph);
  const points = await scanSensitivity(graph, options, context, judge);
  await judge.release();
  return writeSideFiles(context, {
    [SENSITIVITY_FILE]: () => `${JSON.stringify(points, null, 2)}\n`,
    [SENSITIVITY_PLOT]: () => sensitivityPlot(points),
  });
}

/** Whether anything is removed: what that leaves fits together by shapes seen on generated inputs. */
function needsShapes({ granularity }: Options): boolean {
  return granularity === 'channel' || granularity === 'layer';
}

async function unobservableModel(model: ModelProto): Promise<string | null> {
  try {
    await observeShapes(model);
    return null;
  } catch (error) {
    if (error instanceof UnobservableModelError) return error.message;
    throw error;
  }
}

function isUnstructured(options: Options): options is Options & { granularity: 'weight' | 'n:m' | 'block' } {
  return !needsShapes(options);
}

async function zeroWeights(
  context: PassContext,
  options: Options & { granularity: 'weight' | 'n:m' | 'block' },
): Promise<Applied> {
  // Zeros stay the smallest weights, so that a later step only adds to them.
  const { layers, skipped, sparsity } = await scheduled(context, options, (model, _previous, ratio) => {
    const graph = new Graph(model);
    liftConstants(graph);
    return pruneWeights(graph, { ...options, ratio }, context);
  });
  const { parameters, nonZeros } = countParameters(context.model);
  const modelSparsity = parameters > 0 ? 1 - nonZeros / parameters : 0;
  return {
    skipped,
    summary: { granularity: options.granularity, sparsity, modelSparsity, layers },
    verdictOf: (gains, before, after) =>
      sparsityVerdict({ sparsity, layers: layers.length, modelSparsity }, before, after, gains),
  };
}

async function removeChannels(context: PassContext, options: Options): Promise<Applied> {
  if (options.budget && options.schedule !== 'one-shot')
    throw new PruneInputError('a budget', 'schedule one-shot: the steps of a schedule follow from a ratio');
  const original: Figures[] = [];
  // What steps left standing, for want of a whole multiple to remove, falls to the next.
  let removedBefore = 0;
  const { groups, skipped, ratio, before, after, latency } = await scheduled(
    context,
    options,
    async (model, previous, target) => {
      const graph = new Graph(model);
      liftConstants(graph);
      foldSizes(graph);
      const result = await pruneChannels(
        graph,
        {
          ...options,
          ratio: shareOfRest(Math.min(removedBefore, previous), target),
          layerLimits: limitsOfRest(options.layerLimits, previous),
        },
        context,
      );
      original.push(result.before);
      removedBefore = 1 - (1 - removedBefore) * (1 - removedShare(result.groups));
      return result;
    },
  );
  const first = original[0] ?? before;
  return {
    skipped,
    groups,
    files: latency ? await writeLatency(context, latency) : [],
    summary: {
      granularity: options.granularity,
      importance: options.importance,
      ratio: options.schedule === 'one-shot' ? ratio : options.ratio,
      groups,
      before: first,
      after,
      ...(latency
        ? {
            latency: { attempts: latency.attempts, isMet: latency.isMet, noise: latency.noise },
            warnings: latency.warnings,
          }
        : {}),
    },
    verdictOf: (gains) => [channelVerdict(first, after, gains), ...(latency ? [latency.verdict] : [])].join('; '),
  };
}

/** The share of the groups' channels that a step removed. */
function removedShare(groups: readonly GroupReport[]): number {
  const sum = (count: (group: GroupReport) => number) => groups.reduce((total, group) => total + count(group), 0);
  const channels = sum((group) => group.channels);
  return channels > 0 ? sum((group) => group.removed) / channels : 0;
}

async function dropLayers(context: PassContext, options: Options): Promise<Applied> {
  if (options.schedule !== 'one-shot')
    throw new PruneInputError('granularity "layer"', 'schedule one-shot: blocks are few, and go by their share');
  const graph = new Graph(context.model);
  liftConstants(graph);
  const { blocks, skipped, before, after } = await dropBlocks(graph, options, context);
  context.progress(1);
  return {
    skipped,
    summary: { granularity: options.granularity, ratio: options.ratio, blocks, before, after },
    verdictOf: (gains) => channelVerdict(before, after, gains),
  };
}

/** Runs a step per share of the schedule, distilling in between, and returns what the last one reported. */
async function scheduled<R>(
  context: PassContext,
  options: Options,
  step: (model: ModelProto, previous: number, target: number) => Promise<R>,
): Promise<R> {
  const ratios = ratiosOf(options);
  if (options.recoverEpochs > 0 && !context.data)
    throw new PruneInputError('recoverEpochs', 'a data set with a train split');
  for (let i = 0; i < ratios.length - 1; i++) {
    await step(context.model, ratios[i - 1] ?? 0, ratios[i]!);
    if (options.recoverEpochs > 0) await recover(context, options);
    context.progress((i + 1) / ratios.length, `step ${i + 1} of ${ratios.length}`);
  }
  const result = await step(context.model, ratios.at(-2) ?? 0, ratios.at(-1)!);
  context.progress(1);
  return result;
}

/** Distils the context's model in place. */
async function recover(context: PassContext, options: Options): Promise<void> {
  await distillation.run({ ...context, progress: () => undefined }, recoveryOf(options));
}
