import type { PruneOptions, Skipped } from '#contracts';
import {
  nodeLabel,
  readWeight,
  weightSites,
  writeWeight,
  type Graph,
  type Weight,
  type WeightSite,
  elementOf,
} from '#onnx';
import { isNamed } from '../../name-pattern.js';
import { untouchedLayers } from '../../untouched-layers.js';
import { limitOf } from '../channels/layer-limits.js';
import type { ScoringInputs } from '../importance/importance.js';
import { importanceOf, scoreWeights } from '../importance/importances.js';
import { acrossLayers, maskOf, unitMeans, type Pattern, type PatternOf } from './patterns.js';

/** Where the scoring ends, as a share of the work. */
const SCORED = 0.6;

/** What a layer's weight lost. */
export interface ZeroedLayer {
  layer: string;
  opType: string;
  elements: number;
  zeros: number;
  sparsity: number;
}

export interface WeightPruning {
  layers: ZeroedLayer[];
  skipped: Skipped[];
  sparsity: number;
}

interface Candidate {
  site: WeightSite;
  weight: Weight;
  /** Per element, comparable between the layers where the scope is global. */
  scores: Float64Array;
  pattern: Pattern;
}

/**
 * Writes zeros over the least important weights of each layer, in whatever storage they have: integers become their
 * zero point.
 */
export async function pruneWeights(
  graph: Graph,
  patternOf: PatternOf,
  options: PruneOptions,
  inputs: ScoringInputs,
): Promise<WeightPruning> {
  const { sites, skipped } = prunableSites(graph, options);
  inputs.work?.begin('scoring weights', SCORED);
  const scores = await scoreWeights({ ...inputs, graph, sites, options });
  const isGlobal = options.scope !== 'layer' && options.ratio > 0;
  const candidates = sites.map((site, i): Candidate => {
    const pattern = patternOf(site, options);
    const [weight, own] = [readWeight(graph, site.weight)!, scores[i]!];
    const comparable = () => acrossLayers(own, pattern, importanceOf(options).power);
    return { site, weight, pattern, scores: isGlobal ? comparable() : own };
  });
  const counts = isGlobal
    ? globalCounts(candidates, options.ratio)
    : candidates.map(({ pattern }) => Math.floor(pattern.units * options.ratio + 1e-9));
  inputs.work?.begin('zeroing weights', 1, { count: candidates.length, noun: 'layer' });
  const layers = candidates.map((entry, i) => {
    const limit = limitOf(options.layerLimits, [nodeLabel(entry.site.node)]);
    const most = Math.floor(entry.pattern.units * limit + 1e-9);
    const report = pruneOne(graph, entry, Math.min(elementOf(counts, i, 'counts'), most));
    if (entry.weight.storage.kind === 'codebook' && report.zeros === 0 && options.ratio > 0)
      skipped.push(skip(entry.site, 'its codebook has no entry for zero'));
    inputs.work?.next();
    return report;
  });
  const zeros = layers.reduce((sum, layer) => sum + layer.zeros, 0);
  const elements = layers.reduce((sum, layer) => sum + layer.elements, 0);
  return { layers, skipped, sparsity: elements > 0 ? zeros / elements : 0 };
}

/** Layers whose weights may be zeroed, each stored tensor once, and those left alone. */
export function prunableSites(
  graph: Graph,
  { exclude }: Pick<PruneOptions, 'exclude'>,
): { sites: WeightSite[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const seen = new Set<string>();
  const sites = weightSites(graph).filter((site) => {
    if (isNamed(site.node, exclude)) skipped.push(skip(site, 'it is excluded'));
    else if (!seen.has(site.storage.stored)) return seen.add(site.storage.stored);
    return false;
  });
  return { sites, skipped: [...skipped, ...untouchedLayers(graph)] };
}

function pruneOne(graph: Graph, { site, weight, scores, pattern }: Candidate, count: number): ZeroedLayer {
  const mask = maskOf(scores, pattern, count);
  if (mask.includes(1)) {
    const masked = weight.values.map((value, i) => (mask[i] ? 0 : value));
    writeWeight(graph, site.weight, masked);
  }
  const values = readWeight(graph, site.weight)!.values;
  const zeros = values.reduce((count, value) => (value === 0 ? count + 1 : count), 0);
  return {
    layer: nodeLabel(site.node),
    opType: site.opType,
    elements: values.length,
    zeros,
    sparsity: values.length > 0 ? zeros / values.length : 0,
  };
}

/**
 * How many units each layer gives up when the lowest of all go; of those that tie with the last, the first layers' go
 * first.
 */
function globalCounts(candidates: readonly Candidate[], ratio: number): number[] {
  const means = candidates.map(({ scores, pattern }) => unitMeans(scores, pattern));
  const all = new Float64Array(means.reduce((sum, list) => sum + list.length, 0));
  let offset = 0;
  for (const list of means) {
    all.set(list, offset);
    offset += list.length;
  }
  all.sort();
  const total = Math.floor(all.length * ratio + 1e-9);
  const threshold = all[total] ?? Infinity;
  const below = means.map((list) => list.reduce((count, mean) => count + Number(mean < threshold), 0));
  let ties = total - below.reduce((sum, count) => sum + count, 0);
  return means.map((list, i) => {
    const tied = list.reduce((count, mean) => count + Number(mean === threshold), 0);
    const taken = Math.min(ties, tied);
    ties -= taken;
    return elementOf(below, i, 'below') + taken;
  });
}

function skip({ node, opType }: WeightSite, reason: string): Skipped {
  return { node: nodeLabel(node), opType, reason };
}
