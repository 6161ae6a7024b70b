import type { PruneOptions } from '#contracts';
import { nodeLabel } from '../../name-pattern.js';
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

/** Scores of one group's classes. */
export interface Scored {
  group: Group;
  scores: Float64Array;
}

/**
 * Which classes go, per group: the lowest scores, as many as the ratio asks for, with channel counts rounded up to a
 * multiple and at least one channel kept.
 */
export function selectClasses(scored: readonly Scored[], options: SelectOptions): Set<number>[] {
  const threshold = options.scope === 'global' ? globalThreshold(scored, options.ratio) : null;
  return scored.map(({ group, scores }) => {
    const wanted =
      threshold === null
        ? Math.floor(scores.length * options.ratio)
        : Math.min(scores.filter((score) => score < threshold).length, Math.floor(scores.length * options.layerLimit));
    const limited = Math.min(
      wanted,
      Math.floor(scores.length * limitOf(options.layerLimits, group.producers.map(nodeLabel)) + 1e-9),
    );
    const order = [...scores.keys()].toSorted((a, b) => scores[a]! - scores[b]! || a - b);
    return new Set(
      order
        .slice(0, scores.length - keepCount(scores.length, limited, group.width, options.multipleOf))
        .map((i) => group.classes[i]!),
    );
  });
}

/** Classes to keep of `count` when `remove` should go: rounded up so that kept · width is a multiple, never none. */
export function keepCount(count: number, remove: number, width: number, multipleOf: number): number {
  const step = multipleOf / greatestCommonDivisor(multipleOf, width);
  return Math.min(count, Math.ceil(Math.max(1, count - remove) / step) * step);
}

/** The score below which the asked share of all classes lies. */
function globalThreshold(scored: readonly Scored[], ratio: number): number {
  const all = Float64Array.from(scored.flatMap(({ scores }) => [...scores])).toSorted();
  return all[Math.floor(all.length * ratio)] ?? Infinity;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
