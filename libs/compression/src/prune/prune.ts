import { clone, toBinary } from '@bufbuild/protobuf';
import type { PassOptions, Skipped } from '#contracts';
import { Graph, ModelProtoSchema, type ModelProto } from '#onnx';
import type { Pass, PassContext, PassResult } from '../pass.js';
import { liftConstants } from '../prepare/constants.js';
import { staticBlockers } from './blockers.js';
import { pruneChannels } from './prune-channels.js';
import { prunableSites, pruneWeights } from './prune-weights.js';
import { channelVerdict, sparsityVerdict } from './verdict.js';

type Options = PassOptions<'prune'>;

/**
 * Removes what matters least.
 *
 *     weight, n:m, block   W -> W with zeros, in its own storage (int8 weights behind DequantizeLinear included)
 *     channel              Conv(32 -> 64) -> Relu -> Conv(64 -> 64)   becomes   Conv(32 -> 32) -> Relu -> Conv(32 -> 64)
 */
export const prune: Pass<'prune'> = {
  name: 'prune',

  preflight(model: ModelProto, options: Options): Skipped[] {
    const graph = new Graph(clone(ModelProtoSchema, model));
    liftConstants(graph);
    return options.granularity === 'channel' ? staticBlockers(graph, options) : prunableSites(graph, options).skipped;
  },

  run(context: PassContext, options: Options): Promise<PassResult> {
    return isUnstructured(options) ? zeroWeights(context, options) : removeChannels(context, options);
  },
};

function isUnstructured(options: Options): options is Options & { granularity: 'weight' | 'n:m' | 'block' } {
  return options.granularity !== 'channel';
}

async function zeroWeights(context: PassContext, options: Options & { granularity: 'weight' | 'n:m' | 'block' }): Promise<PassResult> {
  const graph = new Graph(context.model);
  const before = toBinary(ModelProtoSchema, context.model);
  const { layers, skipped, sparsity } = pruneWeights(graph, options, context.seed);
  context.progress(1);
  const verdict = sparsityVerdict(sparsity, before, toBinary(ModelProtoSchema, context.model));
  context.log(verdict);
  return { model: context.model, skipped, summary: { granularity: options.granularity, sparsity, layers, verdict } };
}

async function removeChannels(context: PassContext, options: Options): Promise<PassResult> {
  const graph = new Graph(context.model);
  liftConstants(graph);
  const { groups, skipped, ratio, before, after } = await pruneChannels(graph, options, context);
  context.progress(1);
  const verdict = channelVerdict(before, after);
  context.log(verdict);
  return { model: context.model, skipped, summary: { granularity: options.granularity, importance: options.importance, ratio, groups, before, after, verdict } };
}
