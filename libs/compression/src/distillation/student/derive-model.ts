import { PruneOptions, type ScaleOptions, type Skipped } from '#contracts';
import { cloneModel, type Graph, type ModelProto } from '#onnx';
import type { PassContext } from '../../pass.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from '../../pruning/channels/prune-channels.js';
import { readyGraph } from '../../pruning/channels/ready-graph.js';
import { removeBlock, shapeKeepingBlocks } from '../../pruning/blocks/shape-keeping-blocks.js';

/** A cut model and what became of the one it was cut from. */
export interface Derived {
  model: ModelProto;
  /** Channels that stayed, and why. */
  skipped: Skipped[];
  /** Blocks that could have gone, and how many are left; null where none were to go. */
  blocks: { found: number; kept: number } | null;
  /** Groups of channels that were cut, by their first layer; null where none were to be. */
  channels: { layer: string; found: number; kept: number }[] | null;
}

/**
 * A smaller model that begins with a teacher's weights: blocks that keep their shape are left out evenly, the first one
 * last, and of each dependency group of channels the share with the largest weights is kept, whether or not a multiple
 * of anything.
 */
export async function deriveModel(
  teacher: ModelProto,
  { width, depth }: ScaleOptions,
  { data, seed, threads }: Pick<PassContext, 'data' | 'seed' | 'threads'>,
): Promise<Derived> {
  const graph = await readyGraph(cloneModel(teacher));
  const { model } = graph;
  const blocks = depth < 1 ? await dropBlocks(graph, depth) : null;
  if (width === 1) return { model, skipped: [], blocks, channels: null };
  const options = PruneOptions.parse({ ratio: complement(width), multipleOf: 1, importance: 'l2' });
  const { groups, skipped } = await pruneChannels(graph, options, { data, seed, threads });
  const cut = groups.map(({ producers, channels, kept }) => ({ layer: producers[0]!, found: channels, kept }));
  return { model, skipped, blocks, channels: cut };
}

/** The scale that makes of a model cut by `from` one cut by `to`. */
export function relativeScale(from: ScaleOptions, to: ScaleOptions): ScaleOptions {
  const depth = from.depth === 0 ? 1 : Math.min(1, to.depth / from.depth);
  return { width: Math.min(1, to.width / from.width), depth };
}

async function dropBlocks(graph: Graph, depth: number): Promise<Derived['blocks']> {
  const { shapes } = await observeGraph(graph.model);
  const blocks = shapeKeepingBlocks(graph, shapes);
  const kept = keptIndices(blocks.length, Math.round(depth * blocks.length));
  // From the end on, so that the input of a block is still there when its turn comes.
  blocks.forEach((_, at) => {
    const place = blocks.length - 1 - at;
    if (!kept.has(place)) removeBlock(graph, blocks[place]!);
  });
  graph.removeDeadCode();
  return { found: blocks.length, kept: kept.size };
}

/** `keep` of `count` indices, evenly spread from the first on. */
function keptIndices(count: number, keep: number): Set<number> {
  const places = Array.from({ length: keep }, (_, i) => Math.floor((i * count) / keep));
  return new Set(places);
}

/** 1 - share, a trifle more: what floats lose in the last digits must not keep a channel. */
function complement(share: number): number {
  return Math.min(0.99, 1 - share + 1e-9);
}
