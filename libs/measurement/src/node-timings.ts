import type { NodeTiming } from '#contracts';
import type { NodeProfile } from './trace.js';

/** Nodes of all models of a result together; of more, those that took longest are told. */
const MOST_NODES = 3000;
const LONGEST_NAME = 500;
const LONGEST_TYPE = 100;

/** The nodes of one of so many models as a result of a device holds them, the slowest first. */
export function nodeTimings(nodes: readonly NodeProfile[], models: number): NodeTiming[] {
  return nodes
    .toSorted((a, b) => b.share - a.share)
    .slice(0, Math.floor(MOST_NODES / models))
    .map(({ name, opType, provider, meanUs, share }) => ({
      name: name.slice(0, LONGEST_NAME),
      opType: opType.slice(0, LONGEST_TYPE),
      provider,
      meanUs,
      share: Math.min(1, share),
    }));
}
