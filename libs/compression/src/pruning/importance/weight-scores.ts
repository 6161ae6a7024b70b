import { GraphError, readWeight, type Graph, type Weight, type WeightSite } from '#onnx';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { findDependencies, indicesOf, type Dependencies } from '../channels/groups.js';
import type { GroupScores, WeightScores } from './importance.js';

/** The weight of a site as floats. */
export function weightOf(graph: Graph, { weight }: WeightSite): Weight {
  const found = readWeight(graph, weight);
  if (!found) throw new GraphError(`"${weight}" is no weight that is stored`);
  return found;
}

/** |w| of each element. */
export const magnitudeOfWeights: WeightScores = async ({ graph, sites, work }) => {
  const tell = work?.walk(sites.length, 'layer');
  return sites.map((site, i) => {
    const magnitudes = Float64Array.from(weightOf(graph, site).values, Math.abs);
    tell?.(i + 1);
    return magnitudes;
  });
};

/**
 * |w| times the geometric mean of the worth of the channels that the weight joins, as `groups` judges them; pinned ones
 * count 1.
 */
export function joinedChannels(groups: GroupScores): WeightScores {
  return async (context) => {
    const { graph, sites, options } = context;
    const dependencies = findDependencies(graph, (await observeGraph(graph.model)).shapes, options.exclude);
    const worth = await groups({ ...context, dependencies }, dependencies.groups);
    const magnitudes = await magnitudeOfWeights(context);
    return sites.map((site, i) => {
      const factors = factorsOf(site, dependencies, worth);
      return magnitudes[i]!.map((score, flat) => score * Math.sqrt(factorAt(factors, flat)));
    });
  };
}

/** Per axis of a weight, the worth of the channel at each position. */
function factorsOf(
  { weight, dims }: WeightSite,
  { groups, coordinates }: Dependencies,
  worth: readonly Float64Array[],
): Float64Array[] {
  const factors = dims.map((length) => new Float64Array(length).fill(1));
  groups.forEach(({ members, units }, at) => {
    for (const { axis } of members.filter(({ value }) => value === weight))
      units.forEach((unit, u) => {
        for (const index of indicesOf(coordinates, weight, axis, unit)) factors[axis]![index] = worth[at]![u]!;
      });
  });
  return factors;
}

function factorAt(factors: readonly Float64Array[], flat: number): number {
  let [product, rest] = [1, flat];
  for (let axis = factors.length - 1; axis >= 0; axis--) {
    const factor = factors[axis]!;
    product *= factor[rest % factor.length]!;
    rest = Math.floor(rest / factor.length);
  }
  return product;
}
