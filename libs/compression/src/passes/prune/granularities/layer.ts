import { Graph } from '#onnx';
import { dropBlocks, staticallyBlockedLayers } from '../../../pruning/blocks/drop-blocks.js';
import { PruneInputError } from '../../../pruning/errors.js';
import { liftConstants } from '../../../rewrites/constants.js';
import { Work } from '../../../work.js';
import { channelVerdict } from '../verdict.js';
import type { Granularity } from './granularity.js';

/** Layers and residual blocks that keep their shape. */
export const layer: Granularity = {
  changesShapes: true,

  preflight: staticallyBlockedLayers,

  async apply(context, options) {
    if (options.schedule !== 'one-shot')
      throw new PruneInputError('granularity "layer"', 'schedule one-shot: blocks are few, and go by their share');
    const graph = new Graph(context.model);
    liftConstants(graph);
    const { blocks, skipped, before, after } = await dropBlocks(graph, options, {
      ...context,
      work: new Work(context.progress),
    });
    return {
      skipped,
      summary: { granularity: options.granularity, ratio: options.ratio, blocks, before, after },
      verdictOf: (gains) => channelVerdict(before, after, gains),
    };
  },
};
