import type { PruneOptions, Skipped } from '#contracts';
import type { Graph, NodeProto } from '#onnx';
import { retieVectors, untieVectors } from '../../rewrites/untie-vectors.js';
import { figuresOf, type Figures } from './figures.js';
import { findDependencies, type Dependencies, type Group } from './groups.js';
import { histogramOf, type Histogram } from './histogram.js';
import { scoreGroups, type ScoringInputs } from '../importance/importances.js';
import type { LatencyReport } from '../budget/latency-budget.js';
import { timeOn, type MeasureModels } from '../budget/latency-table.js';
import { observeShapes } from '../../rewrites/observe-shapes.js';
import { soundPlan, union } from './removal-plan.js';
import { wholeGroups } from './whole-groups.js';
import type { Scored } from './select.js';
import { removeClasses, shapesAfter } from './shrink.js';
import { SoundRemoval } from './sound-removal.js';

/** The evidence of one group. */
export interface GroupReport {
  /** Layers whose output channels these are. */
  producers: string[];
  /** Stored tensors that shrank, as `name[axis]`. */
  tensors: string[];
  channels: number;
  kept: number;
  removed: number;
  /** Channels of the first producer that can only go together, such as those of an attention head; 1 for most. */
  width: number;
  importance: Histogram;
  /** Saved by this group alone. */
  macsSaved: number;
  bytesSaved: number;
}

export interface ChannelPruning {
  groups: GroupReport[];
  skipped: Skipped[];
  /** The share asked for, or the one that the budget came to. */
  ratio: number;
  before: Figures;
  after: Figures;
  /** How a latency budget came to the ratio; absent without one. */
  latency?: LatencyReport;
}

/**
 * Removes the least important channels of every dependency group, in place, and proves it: the smaller graph runs, and every value
 * has the shape that the removal predicts; a group of which that cannot be proved stays whole and is named in `skipped`. A latency budget times copies with `measure`, on the generated inputs unless told otherwise.
 * Throws UnobservableModelError.
 */
export async function pruneChannels(
  graph: Graph,
  options: PruneOptions,
  inputs: ScoringInputs,
  measure?: MeasureModels,
): Promise<ChannelPruning> {
  const untied = untieVectors(graph);
  const observation = await observeShapes(graph.model);
  const { shapes, feeds } = observation;
  const dependencies = findDependencies(graph, shapes, options.exclude);
  const before = figuresOf(graph, shapes, new Set(untied.map(({ copy }) => copy)));
  const scores = await scoreGroups({ graph, dependencies, options, ...inputs }, dependencies.groups);
  const all = dependencies.groups.map((group, i): Scored => ({ group, scores: scores[i]! }));
  const removal = new SoundRemoval(graph, observation);
  const request = {
    graph,
    coordinates: dependencies.coordinates,
    before,
    options,
    measure: measure ?? timeOn(feeds, inputs.threads),
  };
  const { plan, pinned } = await soundPlan(all, request, removal);
  const { scored, ratio, selected, latency } = plan;
  const groups = scored.map((entry, i) => reportOf(graph, dependencies, entry, selected[i]!, before));
  const skipped = [
    ...[...dependencies.blocked, ...pinned].map(({ node, reason }) => skip(node, reason)),
    ...wholeGroups(scored, selected, { ...options, ratio }),
  ];
  const removed = union(selected);
  const pruned = removed.size === 0 ? shapes : removeClasses(graph, dependencies.coordinates, removed);
  retieVectors(graph, untied);
  const after = removed.size === 0 ? before : figuresOf(graph, pruned);
  return { groups, skipped, ratio, before, after, ...(latency ? { latency } : {}) };
}

function reportOf(
  graph: Graph,
  { coordinates, roles }: Dependencies,
  { group, scores }: Scored,
  gone: ReadonlySet<number>,
  before: Figures,
): GroupReport {
  const alone = gone.size > 0 ? figuresOf(graph, shapesAfter(coordinates, gone)) : before;
  return {
    producers: group.producers.map(nameOf),
    tensors: group.members
      .filter(({ value }) => graph.initializer(value) || roles.isWeight(value))
      .map(({ value, axis }) => `${value}[${axis}]`),
    channels: widthOf(group, group.classes.length),
    kept: widthOf(group, group.classes.length - gone.size),
    removed: widthOf(group, gone.size),
    width: group.width,
    importance: histogramOf(scores),
    macsSaved: before.macs - alone.macs,
    bytesSaved: before.bytes - alone.bytes,
  };
}

/** Channels that some classes of a group stand for. */
function widthOf({ width }: Group, classes: number): number {
  return classes * width;
}

/** Something left alone, as the report names it. */
export function skip(node: NodeProto, reason: string): Skipped {
  return { node: nameOf(node), opType: node.opType, reason };
}

function nameOf(node: NodeProto): string {
  return node.name || node.output[0]!;
}
