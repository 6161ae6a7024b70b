import type { PruneOptions, Skipped } from '#contracts';
import { mulberry32 } from '#datasets';
import { readWeight, weightSites, writeWeight, type Graph, type Weight, type WeightSite } from '#onnx';
import { maskOf, patternOf, unitMeans, type Pattern } from './patterns.js';

/** What a layer's weight lost. */
export interface WeightReport {
  layer: string;
  opType: string;
  elements: number;
  zeros: number;
  sparsity: number;
}

export interface WeightPruning {
  layers: WeightReport[];
  skipped: Skipped[];
  sparsity: number;
}

interface Candidate {
  site: WeightSite;
  weight: Weight;
  scores: Float32Array;
  pattern: Pattern;
}

/** Writes zeros over the least important weights of each layer, in whatever storage they have: integers become their zero point. */
export function pruneWeights(graph: Graph, options: PruneOptions & { granularity: 'weight' | 'n:m' | 'block' }, seed: number): WeightPruning {
  const { sites, skipped } = prunableSites(graph, options);
  const candidates = sites.map((site) => candidate(graph, site, options, seed));
  const threshold = options.scope === 'global' && options.ratio > 0 ? globalThreshold(candidates, options.ratio) : null;
  const layers = candidates.map((entry) => {
    const report = pruneOne(graph, entry, options, threshold);
    if (entry.weight.storage.kind === 'codebook' && report.zeros === 0 && options.ratio > 0) skipped.push(skip(entry.site, 'its codebook has no entry for zero'));
    return report;
  });
  const [zeros, elements] = [layers.reduce((sum, layer) => sum + layer.zeros, 0), layers.reduce((sum, layer) => sum + layer.elements, 0)];
  return { layers, skipped, sparsity: elements > 0 ? zeros / elements : 0 };
}

/** Layers whose weights may be zeroed, each stored tensor once, and those left alone. */
export function prunableSites(graph: Graph, { exclude }: Pick<PruneOptions, 'exclude'>): { sites: WeightSite[]; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const seen = new Set<string>();
  const sites = weightSites(graph).filter((site) => {
    if (exclude.includes(site.node.name)) skipped.push(skip(site, 'it is excluded'));
    else if (!seen.has(site.storage.stored)) return seen.add(site.storage.stored);
    return false;
  });
  return { sites, skipped };
}

function candidate(graph: Graph, site: WeightSite, options: PruneOptions & { granularity: 'weight' | 'n:m' | 'block' }, seed: number): Candidate {
  const weight = readWeight(graph, site.weight)!;
  const next = mulberry32(seed + weight.values.length);
  const scores = options.importance === 'random' ? weight.values.map(next) : weight.values.map(Math.abs);
  return { site, weight, scores, pattern: patternOf(options.granularity, site, options) };
}

function pruneOne(graph: Graph, { site, weight, scores, pattern }: Candidate, options: PruneOptions, threshold: number | null): WeightReport {
  const mask = maskOf(scores, pattern, options.ratio, threshold);
  if (mask.includes(1)) writeWeight(graph, site.weight, weight.values.map((value, i) => (mask[i] ? 0 : value)));
  const values = readWeight(graph, site.weight)!.values;
  const zeros = values.reduce((count, value) => (value === 0 ? count + 1 : count), 0);
  return { layer: site.node.name || site.node.output[0]!, opType: site.opType, elements: values.length, zeros, sparsity: zeros / values.length };
}

function globalThreshold(candidates: readonly Candidate[], ratio: number): number {
  const means = candidates.map(({ scores, pattern }) => unitMeans(scores, pattern));
  const all = new Float64Array(means.reduce((sum, list) => sum + list.length, 0));
  let offset = 0;
  for (const list of means) {
    all.set(list, offset);
    offset += list.length;
  }
  all.sort();
  return all[Math.floor(all.length * ratio)] ?? Infinity;
}

function skip({ node, opType }: WeightSite, reason: string): Skipped {
  return { node: node.name || node.output[0]!, opType, reason };
}
