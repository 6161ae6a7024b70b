import type { PruneOptions, Skipped } from '#contracts';
import type { HostTensors } from '#inference';
import { Graph, cloneModel, writeModel, type NodeProto } from '#onnx';
import type { Shapes } from './coordinates.js';
import { PrunedModelError } from './errors.js';
import { figuresOf, type Figures } from './figures.js';
import { findDependencies, type Dependencies } from './groups.js';
import { histogramOf, type Histogram } from './histogram.js';
import { scoreGroups, type ScoringInputs } from './importances.js';
import { isTimed, leastRatio, meetsFigures } from './budget.js';
import { searchLatency, type LatencyReport } from './latency-budget.js';
import { timeOn, type MeasureModels } from './latency-table.js';
import { observeShapes, shapesOn } from './observe-shapes.js';
import { selectClasses, type Scored } from './select.js';
import { removeClasses, shapesAfter } from './shrink.js';

/** The evidence of one group. */
export interface GroupReport {
  /** Layers whose output channels these are. */
  producers: string[];
  /** Stored tensors that shrank, as `name[axis]`. */
  tensors: string[];
  channels: number;
  kept: number;
  removed: number;
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
 * has the shape that the removal predicts. A latency budget times copies with `measure`, on the generated inputs unless told otherwise.
 * Throws UnobservableModelError and PrunedModelError.
 */
export async function pruneChannels(graph: Graph, options: PruneOptions, inputs: ScoringInputs, measure?: MeasureModels): Promise<ChannelPruning> {
  const { shapes, feeds } = await observeShapes(graph.model);
  const dependencies = findDependencies(graph, shapes, options.exclude);
  const before = figuresOf(graph, shapes);
  const scores = await scoreGroups({ graph, dependencies, options, ...inputs }, dependencies.groups);
  const scored = dependencies.groups.map((group, i): Scored => ({ group, scores: scores[i]! }));
  const goneAt = (tried: number) => union(selectClasses(scored, { ...options, ratio: tried }));
  const figuresAt = (tried: number) => figuresOf(graph, shapesAfter(dependencies.coordinates, goneAt(tried)));
  const prunedAt = (tried: number) => {
    const copy = new Graph(cloneModel(graph.model));
    if (tried > 0) removeClasses(copy, dependencies.coordinates, goneAt(tried));
    return writeModel(copy.model);
  };
  const { budget } = options;
  const latency = budget && isTimed(budget) ? await searchLatency({ budget, figuresAt, prunedAt, measure: measure ?? timeOn(feeds, inputs.threads) }) : undefined;
  const ratio = latency?.ratio ?? (budget ? leastRatio((tried) => meetsFigures(budget, before, figuresAt(tried))) : options.ratio);
  const selected = selectClasses(scored, { ...options, ratio });
  const groups = scored.map((entry, i) => reportOf(graph, dependencies, entry, selected[i]!, before));
  const skipped = [...dependencies.blocked.map(({ node, reason }) => skip(node, reason)), ...unrounded(scored, selected, { ...options, ratio })];
  const removed = union(selected);
  if (removed.size === 0) return { groups, skipped, ratio, before, after: before, ...(latency ? { latency } : {}) };
  const predicted = removeClasses(graph, dependencies.coordinates, removed);
  await checkShapes(graph, feeds, predicted);
  return { groups, skipped, ratio, before, after: figuresOf(graph, predicted), ...(latency ? { latency } : {}) };
}

function union(sets: readonly ReadonlySet<number>[]): Set<number> {
  return new Set(sets.flatMap((classes) => [...classes]));
}

async function checkShapes(graph: Graph, feeds: HostTensors, predicted: Shapes): Promise<void> {
  const observed = await shapesOn(graph.model, feeds).catch((cause: unknown) => {
    throw new PrunedModelError('the graph', cause instanceof Error ? cause.message : String(cause), { cause });
  });
  for (const [value, dims] of observed) {
    const expected = predicted.get(value);
    if (expected && expected.join() !== dims.join()) throw new PrunedModelError(value, `shape [${dims}] where [${expected}] was predicted`);
  }
}

function reportOf(graph: Graph, { coordinates, roles }: Dependencies, { group, scores }: Scored, gone: ReadonlySet<number>, before: Figures): GroupReport {
  const alone = gone.size > 0 ? figuresOf(graph, shapesAfter(coordinates, gone)) : before;
  return {
    producers: group.producers.map(nameOf),
    tensors: group.members.filter(({ value }) => graph.initializer(value) || roles.isWeight(value)).map(({ value, axis }) => `${value}[${axis}]`),
    channels: group.classes.length,
    kept: group.classes.length - gone.size,
    removed: gone.size,
    importance: histogramOf(scores),
    macsSaved: before.macs - alone.macs,
    bytesSaved: before.bytes - alone.bytes,
  };
}

/** Groups that lose nothing because their count would no longer be a multiple. */
function unrounded(scored: readonly Scored[], selected: readonly ReadonlySet<number>[], { ratio, multipleOf }: PruneOptions): Skipped[] {
  return scored.flatMap(({ group }, i) => {
    if (selected[i]!.size > 0 || ratio === 0) return [];
    if (group.classes.length === 1) return [skip(group.producers[0]!, 'its channels can only go all at once')];
    return [skip(group.producers[0]!, `its ${group.classes.length} channels stay: fewer would not be a multiple of ${multipleOf}, or too few would go`)];
  });
}

/** Something left alone, as the report names it. */
export function skip(node: NodeProto, reason: string): Skipped {
  return { node: nameOf(node), opType: node.opType, reason };
}

function nameOf(node: NodeProto): string {
  return node.name || node.output[0]!;
}
