import type { PruneOptions } from '#contracts';
import { Graph, copyStructure, elementOf, writeModel } from '#onnx';
import { MOST, isTimed, leastRatio, meetsFigures } from '../budget/budget.js';
import type { Coordinates } from './coordinates.js';
import { figuresOf, type GraphFigures } from './figures.js';
import type { BlockedChannels } from './blocked.js';
import { searchLatency, type LatencyReport } from '../budget/latency-budget.js';
import type { MeasureModels } from '../budget/latency-table.js';
import { allGone, selectUnits, type CutGroup, type ScoredGroup } from './select.js';
import { removeUnits, shapesAfter } from './shrink.js';
import { unsoundSets, type SoundRemoval } from './sound-removal.js';

/** What a plan is made for. */
export interface PlanRequest {
  graph: Graph;
  coordinates: Coordinates;
  before: GraphFigures;
  options: PruneOptions;
  measure: MeasureModels;
}

/** The share that goes, and which units of each group. */
export interface RemovalPlan {
  cut: readonly CutGroup[];
  ratio: number;
  /** How a latency budget came to the ratio; absent without one. */
  latency?: LatencyReport | undefined;
}

/**
 * A plan whose removals all hold: a group without which the graph fails its check stays whole, and the plan is made
 * anew for the rest.
 */
export async function soundPlan(
  all: readonly ScoredGroup[],
  request: PlanRequest,
  removal: SoundRemoval,
): Promise<{ plan: RemovalPlan; pinned: BlockedChannels[] }> {
  const pinned: BlockedChannels[] = [];
  let scored = all;
  /** Whether some had to be pinned. */
  const pinUnsound = async (cut: readonly CutGroup[]): Promise<boolean> => {
    const sets = cut.map(({ gone }) => gone);
    const unsound = await unsoundSets(sets, (units) => removal.problemWithout(units, request.coordinates));
    for (const [place, problem] of unsound) pinned.push(...pinnedLayers(elementOf(cut, place, 'group'), problem));
    scored = scored.filter((_, place) => !unsound.has(place));
    return unsound.size > 0;
  };
  // Copies are timed before anything is chosen: all of them must run.
  if (request.options.budget && isTimed(request.options.budget))
    await pinUnsound(selectUnits(scored, { ...request.options, ratio: MOST }));
  for (;;) {
    const plan = await planRemoval(scored, request);
    if (!(await pinUnsound(plan.cut))) return { plan, pinned };
  }
}

function pinnedLayers({ group }: ScoredGroup, problem: string): BlockedChannels[] {
  return group.producers.map((node) => ({ node, reason: `its channels stay: without some of them ${problem}` }));
}

async function planRemoval(scored: readonly ScoredGroup[], request: PlanRequest): Promise<RemovalPlan> {
  const { graph, coordinates, before, options, measure } = request;
  const cutAt = (ratio: number) => selectUnits(scored, { ...options, ratio });
  const figuresAt = (ratio: number) => figuresOf(graph, shapesAfter(coordinates, allGone(cutAt(ratio))));
  const prunedAt = (ratio: number) => {
    const copy = new Graph(copyStructure(graph.model));
    if (ratio > 0) removeUnits(copy, coordinates, allGone(cutAt(ratio)));
    return writeModel(copy.model);
  };
  const { budget } = options;
  const latency = budget && isTimed(budget) ? await searchLatency({ budget, figuresAt, prunedAt, measure }) : undefined;
  const isEnough = (tried: number) => !budget || meetsFigures(budget, before, figuresAt(tried));
  const ratio = latency?.ratio ?? (budget ? leastRatio(isEnough) : options.ratio);
  return { cut: cutAt(ratio), ratio, latency };
}
