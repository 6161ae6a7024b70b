import type { PruneOptions } from '#contracts';
import { mulberry32, type Dataset } from '#datasets';
import { macsOf, readWeight, type Graph, type Weight } from '#onnx';
import type { Dependencies, Group } from '../channels/groups.js';
import { indicesOf } from '../channels/groups.js';
import { slicePowers, sliceValues } from './slice-norms.js';

export type ImportanceName = PruneOptions['importance'];

/** One weight tensor of a group and, per class, its positions on the axis that shrinks. */
export interface WeightMember {
  value: string;
  axis: number;
  weight: Weight;
  positions: number[][];
}

/** What an importance may look at. */
export interface ImportanceContext {
  graph: Graph;
  dependencies: Dependencies;
  options: PruneOptions;
  data: Dataset | null;
  seed: number;
  threads: number;
}

/** Scores each class of a group: the lower, the sooner it goes. Scores of one group have mean 1 unless all are zero. */
export type GroupImportance = (context: ImportanceContext, group: Group) => Float64Array;

/** The same for all groups at once: importances that run the model run it once. */
export type Importance = (context: ImportanceContext, groups: readonly Group[]) => Promise<Float64Array[]>;

/** How much a tensor counts in its group, before its norms are scaled to mean 1. */
const GROUP_WEIGHTS: Record<
  PruneOptions['groupWeights'],
  (context: ImportanceContext, member: WeightMember) => number
> = {
  equal: () => 1,
  size: (_, { weight }) => weight.values.length,
  macs: ({ dependencies: { roles, coordinates } }, { value }) =>
    roles
      .layersOf(value)
      .reduce((sum, node) => sum + (macsOf(node, (name) => (name ? coordinates.dims(name) : undefined)) ?? 0), 0),
};

/** w_j of a member: see `groupWeights`. */
export function memberWeight(context: ImportanceContext, member: WeightMember): number {
  return GROUP_WEIGHTS[context.options.groupWeights](context, member);
}

/** P_i = Σ_j w_j |θ_j^i| / mean_i |θ_j^i|, so that a tensor of large weights does not decide for all. */
function magnitude(power: 1 | 2): GroupImportance {
  return (context, group) => {
    const total = new Float64Array(group.classes.length);
    for (const member of weightMembers(context, group)) {
      const { weight, axis, positions } = member;
      const sums = slicePowers(weight.values, weight.dims, axis, power);
      const norms = Float64Array.from(positions, (indices) =>
        root(
          indices.reduce((sum, index) => sum + sums[index]!, 0),
          power,
        ),
      );
      addScaled(total, norms, memberWeight(context, member));
    }
    return withMeanOne(total);
  };
}

/** Per class, the norm of the weights that read its channel, each tensor scaled to mean 1; ones where no weight reads it. */
export function listeningNorms(context: ImportanceContext, group: Group): Float64Array {
  const total = new Float64Array(group.classes.length);
  for (const { weight, axis, positions } of weightMembers(context, group).filter(
    (member) => !isProduced(context, member),
  )) {
    const sums = slicePowers(weight.values, weight.dims, axis, 2);
    addScaled(
      total,
      Float64Array.from(positions, (indices) =>
        root(
          indices.reduce((sum, index) => sum + sums[index]!, 0),
          2,
        ),
      ),
    );
  }
  return total.some((norm) => norm > 0) ? total : total.fill(1);
}

/** Distance of a filter to all others (He et al. 2019, FPGM): what lies nearest the geometric median is the most replaceable. */
const geometricMedian: GroupImportance = (context, group) => {
  const total = new Float64Array(group.classes.length);
  for (const { weight, axis, positions } of weightMembers(context, group).filter((member) =>
    isProduced(context, member),
  )) {
    const filters = positions.map((indices) =>
      indices.map((index) => sliceValues(weight.values, weight.dims, axis, index)),
    );
    addScaled(
      total,
      Float64Array.from(filters, (filter) => filters.reduce((sum, other) => sum + distance(filter, other), 0)),
    );
  }
  return withMeanOne(total);
};

/** |γ| of the batch normalisations behind a channel (Liu et al. 2017); magnitude where a group has none. */
const batchNormScale: GroupImportance = (context, group) => {
  const scales = new Set(
    context.graph.nodes.filter(({ opType }) => opType === 'BatchNormalization').map((node) => node.input[1]!),
  );
  const total = new Float64Array(group.classes.length);
  const members = group.members.filter(({ value }) => scales.has(value));
  for (const { value, axis } of members) {
    const weight = readWeight(context.graph, value);
    if (!weight) continue;
    const norms = group.classes.map((root) =>
      indicesOf(context.dependencies.coordinates, value, axis, root).reduce(
        (sum, index) => sum + Math.abs(weight.values[index]!),
        0,
      ),
    );
    addScaled(total, Float64Array.from(norms));
  }
  return members.length > 0 ? withMeanOne(total) : magnitude(2)(context, group);
};

/** The control that every other importance has to beat. */
const random: GroupImportance = (context, group) => {
  const next = mulberry32(context.seed + group.classes[0]!);
  return withMeanOne(Float64Array.from(group.classes, next));
};

/** Importances told from the weights alone. */
export const WEIGHT_IMPORTANCES = {
  l1: magnitude(1),
  l2: magnitude(2),
  'geometric-median': geometricMedian,
  'bn-scale': batchNormScale,
  random,
} satisfies Partial<Record<ImportanceName, GroupImportance>>;

/** The weights of layers that a group cuts. */
export function weightMembers({ graph, dependencies }: ImportanceContext, group: Group): WeightMember[] {
  return group.members.flatMap(({ value, axis }) => {
    if (!dependencies.roles.isWeight(value)) return [];
    const weight = readWeight(graph, value)!;
    return [{ value, axis, weight, positions: positionsOf(dependencies, group, value, axis) }];
  });
}

function positionsOf({ coordinates }: Dependencies, group: Group, value: string, axis: number): number[][] {
  const place = new Map(group.classes.map((root, i) => [root, i]));
  const positions: number[][] = group.classes.map(() => []);
  for (let index = 0; index < coordinates.dims(value)![axis]!; index++) {
    const at = place.get(coordinates.find(coordinates.at(value, axis, index)));
    if (at !== undefined) positions[at]!.push(index);
  }
  return positions;
}

/** Whether the axis of a member makes the group's channels; else it reads them. */
export function isProduced({ dependencies }: ImportanceContext, { value, axis }: WeightMember): boolean {
  return dependencies.roles.isProduced(value, axis);
}

/** Adds norms to a total, scaled to a mean of `weight`. */
export function addScaled(total: Float64Array, norms: Float64Array, weight = 1): void {
  const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
  if (mean > 0) norms.forEach((norm, i) => (total[i]! += (weight * norm) / mean));
}

export function withMeanOne(scores: Float64Array): Float64Array {
  const result = new Float64Array(scores.length);
  addScaled(result, scores);
  return result;
}

function root(sum: number, power: 1 | 2): number {
  return power === 1 ? sum : Math.sqrt(sum);
}

function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let sum = 0;
  a.forEach((slice, part) => slice.forEach((value, i) => (sum += (value - b[part]![i]!) ** 2)));
  return Math.sqrt(sum);
}
