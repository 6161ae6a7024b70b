import type { PruneOptions } from '#contracts';
import { mulberry32 } from '#datasets';
import { readWeight, type Graph, type WeightSite } from '#onnx';
import { findDependencies, indicesOf } from '../channels/groups.js';
import { elementSaliency, type GradientKind } from './gradient-importance.js';
import type { ImportanceName } from './importance.js';
import { scoreGroups, type ScoringInputs } from './importances.js';
import { observeShapes } from '../../rewrites/observe-shapes.js';

interface WeightContext extends ScoringInputs {
  graph: Graph;
  sites: readonly WeightSite[];
  options: PruneOptions;
}

/** One score per element of each site's weight, in storage order; what is zero already scores least. */
type WeightImportance = (context: WeightContext) => Float64Array[] | Promise<Float64Array[]>;

const magnitude: WeightImportance = ({ graph, sites }) =>
  sites.map((site) => Float64Array.from(readWeight(graph, site.weight)!.values, Math.abs));

const random: WeightImportance = ({ graph, sites, seed }) =>
  sites.map((site) => {
    const { values } = readWeight(graph, site.weight)!;
    const next = mulberry32(seed + values.length);
    return Float64Array.from(values, (value) => next() * Number(value !== 0));
  });

/** |w · dL/dw| or (w · dL/dw)²; magnitude where training cannot reach a weight (a codebook). */
function gradient(kind: GradientKind): WeightImportance {
  return async (context) => {
    const saliency = await elementSaliency(context, kind);
    const magnitudes = await magnitude(context);
    return context.sites.map((site, i) => saliency.get(site.storage.stored) ?? magnitudes[i]!);
  };
}

/** |w| times the geometric mean of the worth of the channels that the weight joins, as the channel importance of that name judges them; pinned ones count 1. */
const joinedChannels: WeightImportance = async (context) => {
  const { graph, sites, options } = context;
  const dependencies = findDependencies(graph, (await observeShapes(graph.model)).shapes, options.exclude);
  const worth = await scoreGroups({ ...context, dependencies }, dependencies.groups);
  const magnitudes = await magnitude(context);
  return sites.map((site, i) => {
    const factors = site.dims.map((length) => new Float64Array(length).fill(1));
    dependencies.groups.forEach(({ members, classes }, at) => {
      for (const { axis } of members.filter(({ value }) => value === site.weight)) {
        classes.forEach((root, c) =>
          indicesOf(dependencies.coordinates, site.weight, axis, root).forEach(
            (index) => (factors[axis]![index] = worth[at]![c]!),
          ),
        );
      }
    });
    return magnitudes[i]!.map((score, flat) => score * Math.sqrt(factorAt(factors, flat)));
  });
};

function factorAt(factors: readonly Float64Array[], flat: number): number {
  let [product, rest] = [1, flat];
  for (let axis = factors.length - 1; axis >= 0; axis--) {
    const factor = factors[axis]!;
    product *= factor[rest % factor.length]!;
    rest = Math.floor(rest / factor.length);
  }
  return product;
}

/** What each importance says of a single weight. */
const WEIGHT_SCORES: Record<ImportanceName, WeightImportance> = {
  l1: magnitude,
  l2: magnitude,
  'geometric-median': joinedChannels,
  'bn-scale': joinedChannels,
  entropy: joinedChannels,
  apoz: joinedChannels,
  taylor: gradient('taylor'),
  fisher: gradient('fisher'),
  random,
};

/** Scores of every element of each site's weight, by the importance that the options name. */
export async function scoreWeights(
  graph: Graph,
  sites: readonly WeightSite[],
  options: PruneOptions,
  inputs: ScoringInputs,
): Promise<Float64Array[]> {
  return WEIGHT_SCORES[options.importance]({ ...inputs, graph, sites, options });
}
