import { PruneOptions, type ChannelCosts, type ChannelCut, type ChannelTrials } from '#contracts';
import { cloneModel, elementOf, Graph, nodeLabel, writeModel, type ModelProto } from '#onnx';
import { undoIdentityGathers } from '../../rewrites/identity-gathers.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { dropZeroStates } from '../../rewrites/zero-states.js';
import { untieVectors } from '../../rewrites/untie-vectors.js';
import { findDependencies, type Dependencies } from '../channels/groups.js';
import { readyGraph } from '../channels/ready-graph.js';
import { selectUnits, type ScoredGroup } from '../channels/select.js';
import { removeUnits } from '../channels/shrink.js';
import { SoundRemoval } from '../channels/sound-removal.js';
import type { Work } from '../../work.js';
import type { ScoringInputs } from '../importance/importance.js';
import { scoreGroups } from '../importance/importances.js';
import { cutSizes } from './cut-sizes.js';

/** What models lose of the first one's outputs, in the order given, the first left out. */
export type JudgeModels = (models: readonly ModelProto[]) => Promise<Omit<ChannelCut, 'ratio' | 'kept'>[]>;

/** What a run is told besides what scores read. */
export interface ChannelCostRun extends ScoringInputs {
  judge: JudgeModels;
  work: Work;
}

/** What is removed of one group at one share, and what that costs. */
interface TriedCut extends ChannelCut {
  gone: ReadonlySet<number>;
}

/**
 * What each group of channels costs when it alone loses a share of its channels, which ones as prune would choose them;
 * how errors of two groups add up; and how bytes follow from the shares. The model stays as it is. Throws
 * UnobservableModelError.
 */
export async function measureChannels(
  model: ModelProto,
  trials: ChannelTrials,
  run: ChannelCostRun,
): Promise<ChannelCosts> {
  const { ratios, pairs: mostPairs, ...fields } = trials;
  const options = PruneOptions.parse(fields);
  const graph = await readyGraph(cloneModel(model));
  dropZeroStates(graph);
  untieVectors(graph);
  const observation = await observeGraph(graph.model);
  undoIdentityGathers(graph, observation.shapes);
  const dependencies = findDependencies(graph, observation.shapes, options.exclude, options.multipleOf);
  const { judge, work, ...inputs } = run;
  const scores = await scoreGroups({ graph, dependencies, options, ...inputs }, dependencies.groups);
  const trial = new Trials(graph, dependencies, judge, new SoundRemoval(graph, observation));
  const scored = dependencies.groups.map((group, i) => ({ group, scores: elementOf(scores, i, 'list of scores') }));
  const tried: TriedCut[][] = [];
  work.begin('channels', 1, { count: scored.length + 1, noun: 'trial' });
  for (const one of scored) {
    tried.push(await trial.alone(one, options, ratios));
    work.next();
  }
  const sizes = cutSizes(graph, dependencies);
  const pairs = await trial.pairs(tried, pairsOf(scored.length, sizes).slice(0, mostPairs), middleOf(ratios));
  work.next();
  return {
    bytes: writeModel(graph.model).length,
    groups: scored.map(({ group }, i) => ({
      producers: group.producers.map(nodeLabel),
      channels: group.units.length,
      cuts: elementOf(tried, i, 'cuts').map(({ gone: _gone, ...cut }) => cut),
    })),
    pairs,
    ...sizes,
  };
}

const middleOf = (ratios: readonly number[]): number =>
  elementOf(
    ratios.toSorted((a, b) => Math.abs(a - 0.5) - Math.abs(b - 0.5)),
    0,
    'ratios',
  );

/** Models that are judged side by side: more would be in memory at once. */
const AT_ONCE = 8;

/** Removals on copies of a graph. */
class Trials {
  constructor(
    private readonly graph: Graph,
    private readonly dependencies: Dependencies,
    private readonly judge: JudgeModels,
    private readonly removal: SoundRemoval,
  ) {}

  /** A group at each share; a share that cannot go, or removes nothing, keeps all channels and costs nothing. */
  async alone(scored: ScoredGroup, options: PruneOptions, ratios: readonly number[]): Promise<TriedCut[]> {
    const cuts: { ratio: number; gone: ReadonlySet<number> }[] = [];
    for (const ratio of ratios) {
      const [cut] = selectUnits([scored], { ...options, scope: 'layer', ratio });
      const isSound = cut && !(await this.removal.problemWithout(cut.gone, this.dependencies.coordinates));
      cuts.push({ ratio, gone: cut && isSound ? cut.gone : new Set() });
    }
    const costs = await this.costs(cuts.map(({ gone }) => gone));
    const { length } = scored.group.units;
    return cuts.map(({ ratio, gone }, i) => ({
      ratio,
      gone,
      kept: length - gone.size,
      ...elementOf(costs, i, 'costs'),
    }));
  }

  /** Errors of two groups cut together at one share; pairs of which one cannot be told are left out. */
  async pairs(
    tried: readonly TriedCut[][],
    places: readonly (readonly [number, number])[],
    ratio: number,
  ): Promise<ChannelCosts['pairs']> {
    const at = (group: number) => tried[group]?.find((cut) => cut.ratio === ratio && cut.gone.size > 0);
    const known = places.flatMap(([first, second]) => {
      const [one, other] = [at(first), at(second)];
      return one && other ? [{ first, second, one, other }] : [];
    });
    const costs = await this.costs(known.map(({ one, other }) => new Set([...one.gone, ...other.gone])));
    return known.flatMap(({ first, second, one, other }, i) => {
      const [a, b, both] = [noiseOf(one), noiseOf(other), noiseOf(elementOf(costs, i, 'costs'))];
      const correlation = (both - a - b) / Math.sqrt(a * b);
      return Number.isFinite(correlation) ? [{ first, second, ratio, correlation }] : [];
    });
  }

  private async costs(removals: readonly ReadonlySet<number>[]): Promise<Omit<ChannelCut, 'ratio' | 'kept'>[]> {
    const costs: Omit<ChannelCut, 'ratio' | 'kept'>[] = [];
    for (let from = 0; from < removals.length; from += AT_ONCE) {
      const models = removals.slice(from, from + AT_ONCE).map((gone) => this.without(gone));
      costs.push(...(await this.judge([this.graph.model, ...models])));
    }
    return costs;
  }

  private without(gone: ReadonlySet<number>): ModelProto {
    const copy = new Graph(cloneModel(this.graph.model));
    if (gone.size > 0) removeUnits(copy, this.dependencies.coordinates, gone);
    return copy.model;
  }
}

/** Share of the outputs' signal that is noise; all of it where they are not finite. */
function noiseOf({ outputSnrDb }: Pick<ChannelCut, 'outputSnrDb'>): number {
  if (outputSnrDb === null) return 0;
  return outputSnrDb === undefined ? 1 : 10 ** (-outputSnrDb / 10);
}

/** Pairs of groups, those first that cut one tensor. */
function pairsOf(count: number, { tensors }: Pick<ChannelCosts, 'tensors'>): [number, number][] {
  const together = new Set<string>();
  for (const { axes } of tensors) {
    const groups = [...new Set(axes.flatMap(({ cuts }) => cuts.map(({ group }) => group)))].toSorted((a, b) => a - b);
    groups.forEach((first, i) => groups.slice(i + 1).forEach((second) => together.add(`${first},${second}`)));
  }
  const all = Array.from({ length: count }, (_, first) =>
    Array.from({ length: count - first - 1 }, (_unused, i): [number, number] => [first, first + 1 + i]),
  ).flat();
  const isNear = (pair: [number, number]) => together.has(pair.join());
  return [...all.filter(isNear), ...all.filter((pair) => !isNear(pair))];
}
