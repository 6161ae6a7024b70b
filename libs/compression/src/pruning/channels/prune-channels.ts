import type { PruneOptions, Skipped } from '#contracts';
import { elementOf, type Graph } from '#onnx';
import { leftAlone } from '../../left-alone.js';
import { undoIdentityGathers } from '../../rewrites/identity-gathers.js';
import { observeGraph, type Observation } from '../../rewrites/observe-graph.js';
import { dropZeroStates } from '../../rewrites/zero-states.js';
import { retieVectors, untieVectors, type UntiedCopy } from '../../rewrites/untie-vectors.js';
import type { LatencyReport } from '../budget/latency-budget.js';
import { timeOn, type MeasureModels } from '../budget/latency-table.js';
import type { ScoringInputs } from '../importance/importance.js';
import { scoreGroups } from '../importance/importances.js';
import { figuresOf, type GraphFigures } from './figures.js';
import { groupReport, type GroupReport } from './group-report.js';
import type { BlockedChannels } from './blocked.js';
import { findDependencies, type Dependencies } from './groups.js';
import { soundPlan, type RemovalPlan } from './removal-plan.js';
import { allGone, type ScoredGroup } from './select.js';
import { removeUnits } from './shrink.js';
import { SoundRemoval } from './sound-removal.js';
import { wholeGroups } from './whole-groups.js';

export interface ChannelPruning {
  groups: GroupReport[];
  skipped: Skipped[];
  /** The share asked for, or the one that the budget came to. */
  ratio: number;
  before: GraphFigures;
  after: GraphFigures;
  /** How a latency budget came to the ratio; absent without one. */
  latency?: LatencyReport;
}

/** What pruning is asked for. */
interface Request {
  graph: Graph;
  options: PruneOptions;
  inputs: ScoringInputs;
  measure: MeasureModels | undefined;
}

/** Where steps end, as shares of the work. */
const [SCORED, PLANNED] = [0.3, 0.4];

/** Each step hands on what it was given and what it found: one that comes too early does not compile. */
interface Untied extends Request {
  untied: UntiedCopy[];
}
interface Observed extends Untied {
  observation: Observation;
}
interface Grouped extends Observed {
  dependencies: Dependencies;
  before: GraphFigures;
}
interface Scored extends Grouped {
  scored: ScoredGroup[];
}
interface Planned extends Scored {
  plan: RemovalPlan;
  pinned: BlockedChannels[];
}
interface Reported extends Planned {
  groups: GroupReport[];
  skipped: Skipped[];
}

/**
 * Removes the least important channels of every dependency group, in place, and proves it: the smaller graph runs, and
 * every value has the shape that the removal predicts; a group of which that cannot be proved stays whole and is named
 * in `skipped`. A latency budget times copies with `measure`, on the generated inputs unless told otherwise. Throws
 * UnobservableModelError.
 */
export async function pruneChannels(
  graph: Graph,
  options: PruneOptions,
  inputs: ScoringInputs,
  measure?: MeasureModels,
): Promise<ChannelPruning> {
  // Layers that share a vector, or first states of zeros, would be one group for no other reason: each gets its own
  // before anything is looked at.
  const untied = untie({ graph, options, inputs, measure });
  // Shapes decide how axes are linked, so the graph runs once before it is read.
  const observed = await observe(untied);
  // What goes together follows from shapes and operators alone, whatever the weights are; so do the figures before.
  const grouped = findGroups(observed);
  // Scores are of whole groups of the whole model: nothing has gone yet.
  const scored = await score(grouped);
  // What goes is chosen by scores, and tried on copies before the graph itself is touched.
  const planned = await plan(scored);
  // Rows tell what each group saves alone, which only the uncut graph can say.
  const reported = report(planned);
  // Nothing can fail from here on: the same units went from a copy.
  return cut(reported);
}

function untie(request: Request): Untied {
  dropZeroStates(request.graph);
  return { ...request, untied: untieVectors(request.graph) };
}

async function observe(untied: Untied): Promise<Observed> {
  const observation = await observeGraph(untied.graph.model);
  undoIdentityGathers(untied.graph, observation.shapes);
  return { ...untied, observation };
}

function findGroups(observed: Observed): Grouped {
  const { graph, options, untied, observation } = observed;
  const copies = new Set(untied.map(({ copy }) => copy));
  const dependencies = findDependencies(graph, observation.shapes, options.exclude, options.multipleOf);
  return { ...observed, dependencies, before: figuresOf(graph, observation.shapes, copies) };
}

async function score(grouped: Grouped): Promise<Scored> {
  const { graph, options, inputs, dependencies } = grouped;
  const { groups } = dependencies;
  inputs.work?.begin('scoring channels', SCORED);
  const scores = await scoreGroups({ graph, dependencies, options, ...inputs }, groups);
  const scored = groups.map((group, i) => ({ group, scores: elementOf(scores, i, 'list of scores') }));
  return { ...grouped, scored };
}

async function plan(scored: Scored): Promise<Planned> {
  const { graph, options, inputs, dependencies, before, observation } = scored;
  inputs.work?.begin(options.budget ? 'looking for the ratio' : 'checking the smaller model', PLANNED);
  const timed = scored.measure ?? timeOn(observation.feeds, inputs.threads);
  let attempts = 0;
  const measure: MeasureModels = (...models) => {
    inputs.work?.begin(`looking for the ratio: attempt ${(attempts += 1)}`, PLANNED);
    return timed(...models);
  };
  const request = { graph, coordinates: dependencies.coordinates, before, options, measure };
  return { ...scored, ...(await soundPlan(scored.scored, request, new SoundRemoval(graph, observation))) };
}

function report(planned: Planned): Reported {
  const { graph, dependencies, before, options, pinned } = planned;
  const { cut, ratio } = planned.plan;
  const blocked = [...dependencies.blocked, ...pinned].map(({ node, reason }) => leftAlone(node, reason));
  const groups = cut.map((group) => groupReport(graph, dependencies, group, before));
  return { ...planned, groups, skipped: [...blocked, ...wholeGroups(cut, { ...options, ratio })] };
}

function cut({ graph, dependencies, observation, untied, before, plan, groups, skipped }: Reported): ChannelPruning {
  const { ratio, latency } = plan;
  const gone = allGone(plan.cut);
  const shapes = gone.size === 0 ? observation.shapes : removeUnits(graph, dependencies.coordinates, gone);
  retieVectors(graph, untied);
  const after = gone.size === 0 ? before : figuresOf(graph, shapes);
  return { groups, skipped, ratio, before, after, ...(latency ? { latency } : {}) };
}
