import type { PruneOptions } from '#contracts';
import { nodeLabel, elementOf } from '#onnx';
import type { Group } from './groups.js';
import { limitOf } from './layer-limits.js';

export interface SelectOptions {
  ratio: number;
  /** `auto` is per layer. */
  scope: 'auto' | 'layer' | 'global';
  multipleOf: number;
  /** With scope global: the largest share that one group may lose. */
  layerLimit: number;
  layerLimits: PruneOptions['layerLimits'];
}

/** A group and the score of each of its units. */
export interface ScoredGroup {
  group: Group;
  scores: Float64Array;
}

/** A group and those of its units that go. */
export interface CutGroup extends ScoredGroup {
  gone: ReadonlySet<number>;
}

/**
 * Which units go, group by group: the lowest scores, as many as the ratio asks for, with channel counts rounded up to a
 * multiple and at least one channel kept.
 */
export function selectUnits(scored: readonly ScoredGroup[], options: SelectOptions): CutGroup[] {
  const threshold = options.scope === 'global' ? globalThreshold(scored, options.ratio) : null;
  return scored.map((entry) => {
    const wanted = wantedOf(entry, threshold, options);
    return { ...entry, gone: lowest(entry, wanted, options) };
  });
}

/** All units that go, of whichever group. */
export function allGone(cut: readonly CutGroup[]): Set<number> {
  return new Set(cut.flatMap(({ gone }) => [...gone]));
}

/** How many units the ratio asks of a group, within its limits. */
function wantedOf({ group, scores }: ScoredGroup, threshold: number | null, options: SelectOptions): number {
  const count = scores.length;
  const wanted =
    threshold === null
      ? Math.floor(count * options.ratio)
      : Math.min(scores.filter((score) => score < threshold).length, Math.floor(count * options.layerLimit));
  const limit = limitOf(options.layerLimits, group.producers.map(nodeLabel));
  return Math.min(wanted, Math.floor(count * limit + 1e-9));
}

function lowest({ group, scores }: ScoredGroup, wanted: number, { multipleOf }: SelectOptions): Set<number> {
  const ranked = Array.from(scores, (score, i) => ({ score, i }));
  const order = ranked.sort((a, b) => a.score - b.score || a.i - b.i);
  const going = order.slice(0, scores.length - keepCount(scores.length, wanted, group.width, multipleOf));
  return new Set(going.map(({ i }) => elementOf(group.units, i, 'unit of the group')));
}

/** Units to keep of `count` when `remove` should go: rounded up so that kept · width is a multiple, never none. */
export function keepCount(count: number, remove: number, width: number, multipleOf: number): number {
  const step = multipleOf / greatestCommonDivisor(multipleOf, width);
  return Math.min(count, Math.ceil(Math.max(1, count - remove) / step) * step);
}

/** The score below which the asked share of all units lies. */
function globalThreshold(scored: readonly ScoredGroup[], ratio: number): number {
  const all = Float64Array.from(scored.flatMap(({ scores }) => [...scores])).toSorted();
  return all[Math.floor(all.length * ratio)] ?? Infinity;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
