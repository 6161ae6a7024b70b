import type { PruneOptions } from '#contracts';
import { elementOf, nodeLabel, Graph, cloneModel } from '#onnx';
import type { AccuracyMeter } from './accuracy-meter.js';
import { figuresOf } from '../../pruning/channels/figures.js';
import { findDependencies } from '../../pruning/channels/groups.js';
import type { ScoringInputs } from '../../pruning/importance/importance.js';
import { scoreGroups } from '../../pruning/importance/importances.js';
import { dropZeroStates } from '../../rewrites/zero-states.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { selectUnits } from '../../pruning/channels/select.js';
import { removeUnits } from '../../pruning/channels/shrink.js';
import { SoundRemoval } from '../../pruning/channels/sound-removal.js';

/** Shares at which each group is tried. */
export const SCAN_RATIOS = [0.25, 0.5, 0.75] as const;

/** What removing a share of one group alone costs and saves. */
export interface SensitivityPoint {
  producers: string[];
  ratio: number;
  kept: number;
  channels: number;
  /** Loss of top-1, 0..1. */
  top1Drop: number;
  macsSaved: number;
}

/** Accuracy against ratio, group by group, all others whole. The graph is left as it is. */
export async function scanSensitivity(
  graph: Graph,
  options: PruneOptions,
  inputs: ScoringInputs,
  judge: AccuracyMeter,
): Promise<SensitivityPoint[]> {
  dropZeroStates(graph);
  const observation = await observeGraph(graph.model);
  const { shapes } = observation;
  const removal = new SoundRemoval(graph, observation);
  const dependencies = findDependencies(graph, shapes, options.exclude);
  const scores = await scoreGroups({ graph, dependencies, options, ...inputs }, dependencies.groups);
  const before = figuresOf(graph, shapes);
  const pointAt = async (place: number, ratio: number): Promise<SensitivityPoint[]> => {
    const group = elementOf(dependencies.groups, place, 'groups');
    const alone = [{ group, scores: elementOf(scores, place, 'scores') }];
    const [cut] = selectUnits(alone, { ...options, scope: 'layer', multipleOf: 1, ratio });
    if (!cut) return [];
    // Such a group stays whole: the run names it among those left alone.
    if (await removal.problemWithout(cut.gone, dependencies.coordinates)) return [];
    const trial = new Graph(cloneModel(graph.model));
    const after = figuresOf(trial, removeUnits(trial, dependencies.coordinates, cut.gone));
    const channels = group.units.length;
    const [producers, kept] = [group.producers.map(nodeLabel), channels - cut.gone.size];
    const top1Drop = await judge.dropOf(trial.model, inputs.work);
    return [{ producers, ratio, kept, channels, top1Drop, macsSaved: before.macs - after.macs }];
  };
  const trials = dependencies.groups.flatMap((_, place) => SCAN_RATIOS.map((ratio) => [place, ratio] as const));
  inputs.work?.begin('', 1, { count: trials.length, noun: 'trial' });
  const points: SensitivityPoint[] = [];
  for (const [place, ratio] of trials) {
    points.push(...(await pointAt(place, ratio)));
    inputs.work?.next();
  }
  return points;
}
