import type { PruneOptions } from '#contracts';
import { cloneModel, type ModelProto } from '#onnx';
import type { PassContext } from '../../../pass.js';
import { writeLatency, type LatencyReport } from '../../../pruning/budget/latency-budget.js';
import { shareOfRest } from '../../../pruning/budget/schedule.js';
import type { GraphFigures } from '../../../pruning/channels/figures.js';
import type { GroupReport } from '../../../pruning/channels/group-report.js';
import { limitsOfRest } from '../../../pruning/channels/layer-limits.js';
import { pruneChannels, type ChannelPruning } from '../../../pruning/channels/prune-channels.js';
import { readyGraph } from '../../../pruning/channels/ready-graph.js';
import { PruneInputError } from '../../../pruning/errors.js';
import { foldSizes } from '../../../rewrites/fold-sizes.js';
import { writeSideFiles } from '../../../side-files.js';
import { Work } from '../../../work.js';
import { AccuracyMeter } from '../accuracy-meter.js';
import { staticBlockers } from '../blockers.js';
import { importancePlot } from '../importance-plot.js';
import { inSteps } from '../in-steps.js';
import { groupSensitivityPlot } from '../sensitivity-plot.js';
import { scanSensitivity } from '../sensitivity.js';
import { channelVerdict } from '../verdict.js';
import type { Applied, Granularity } from './granularity.js';

/** Accuracy against ratio, group by group. */
export const SENSITIVITY_FILE = 'sensitivity.json';
export const SENSITIVITY_PLOT = 'sensitivity.svg';
/** Importance of each group's channels, and where the cut lies. */
export const IMPORTANCE_PLOT = 'importance.svg';

/** Whole channels, cut from every tensor that has them. */
export const channel: Granularity = {
  changesShapes: true,

  preflight(graph, options) {
    foldSizes(graph);
    return staticBlockers(graph, options);
  },

  async apply(context, options) {
    if (options.budget && options.schedule !== 'one-shot')
      throw new PruneInputError('a budget', 'schedule one-shot: the steps of a schedule follow from a ratio');
    const removal = new StepwiseRemoval(context, options);
    const last = await inSteps(context, options, (model, previous, target, work) =>
      removal.step(model, [previous, target], work),
    );
    return applied(context, options, last, removal.before ?? last.before);
  },

  async scan(context, options) {
    const limits = { ...options, threads: context.threads };
    const judge = await AccuracyMeter.create('sensitivity', context.model, context.data, limits);
    const graph = await readyGraph(cloneModel(context.model));
    const points = await scanSensitivity(graph, options, { ...context, work: new Work(context.progress) }, judge);
    await judge.release();
    return writeSideFiles(context, {
      [SENSITIVITY_FILE]: () => `${JSON.stringify(points, null, 2)}\n`,
      [SENSITIVITY_PLOT]: () => groupSensitivityPlot(points),
    });
  },
};

/** Removes channels in the steps of a schedule. */
class StepwiseRemoval {
  /** The figures before the first step. */
  before: GraphFigures | null = null;
  /** What steps left standing, for want of a whole multiple to remove, falls to the next. */
  private removed = 0;

  constructor(
    private readonly context: PassContext,
    private readonly options: PruneOptions,
  ) {}

  async step(model: ModelProto, [previous, target]: [number, number], work: Work): Promise<ChannelPruning> {
    const ratio = shareOfRest(Math.min(this.removed, previous), target);
    const layerLimits = limitsOfRest(this.options.layerLimits, previous);
    const options = { ...this.options, ratio, layerLimits };
    const result = await pruneChannels(await readyGraph(model), options, { ...this.context, work });
    this.before ??= result.before;
    this.removed = 1 - (1 - this.removed) * (1 - removedShare(result.groups));
    return result;
  }
}

/** The share of the groups' channels that a step removed. */
function removedShare(groups: readonly GroupReport[]): number {
  const sum = (count: (group: GroupReport) => number) => groups.reduce((total, group) => total + count(group), 0);
  const channels = sum((group) => group.channels);
  return channels > 0 ? sum((group) => group.removed) / channels : 0;
}

async function applied(
  context: PassContext,
  options: PruneOptions,
  { groups, skipped, ratio, after, latency }: ChannelPruning,
  before: GraphFigures,
): Promise<Applied> {
  const files = latency ? await writeLatency(context, latency) : [];
  const plots = options.sensitivity
    ? await writeSideFiles(context, { [IMPORTANCE_PLOT]: () => importancePlot(groups) })
    : [];
  return {
    skipped,
    files: [...files, ...plots],
    summary: {
      granularity: options.granularity,
      importance: options.importance,
      ratio: options.schedule === 'one-shot' ? ratio : options.ratio,
      groups,
      before,
      after,
      ...(latency ? latencySummary(latency) : {}),
    },
    verdictOf: (gains) => [channelVerdict(before, after, gains), ...(latency ? [latency.verdict] : [])].join('; '),
  };
}

function latencySummary({ attempts, isMet, noise, warnings }: LatencyReport): Record<string, unknown> {
  return { latency: { attempts, isMet, noise }, warnings };
}
