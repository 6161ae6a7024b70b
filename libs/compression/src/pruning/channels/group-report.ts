import { nodeLabel, type Graph } from '#onnx';
import { figuresOf, type GraphFigures } from './figures.js';
import type { Dependencies } from './groups.js';
import { histogramOf, type ScoreHistogram } from './histogram.js';
import type { CutGroup } from './select.js';
import { shapesAfter } from './shrink.js';

/** The evidence of one group. */
export interface GroupReport {
  /** Layers whose output channels these are. */
  producers: string[];
  /** Stored tensors that shrank, as `name[axis]`. */
  tensors: string[];
  channels: number;
  kept: number;
  removed: number;
  /** Channels of the first producer that can only go together, such as those of an attention head; 1 for most. */
  width: number;
  importance: ScoreHistogram;
  /** Saved by this group alone. */
  macsSaved: number;
  bytesSaved: number;
}

/** The row of a group whose units are still in the graph. */
export function groupReport(
  graph: Graph,
  { coordinates, roles }: Dependencies,
  { group, scores, gone }: CutGroup,
  before: GraphFigures,
): GroupReport {
  const { producers, members, units, width } = group;
  const alone = gone.size > 0 ? figuresOf(graph, shapesAfter(coordinates, gone)) : before;
  const stored = members.filter(({ value }) => graph.initializer(value) || roles.isWeight(value));
  return {
    producers: producers.map(nodeLabel),
    tensors: stored.map(({ value, axis }) => `${value}[${axis}]`),
    channels: width * units.length,
    kept: width * (units.length - gone.size),
    removed: width * gone.size,
    width,
    importance: histogramOf(scores),
    macsSaved: before.macs - alone.macs,
    bytesSaved: before.bytes - alone.bytes,
  };
}
