import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clone } from '@bufbuild/protobuf';
import type { PassOptions, Skipped } from '#contracts';
import { Graph, ModelProtoSchema, type ModelProto } from '#onnx';
import type { Pass, PassContext, PassResult } from '../pass.js';
import { calibrationBatches } from './calibration-data.js';
import { prepareLayers, quantizeStatic } from './static.js';

/** The calibration result, kept beside the model: range and grid of every activation. */
const RANGES_FILE = 'calibration.json';

/**
 * Stores weights and activations of convolutions and matrix products as 8-bit integers.
 *
 *     Conv(X, W, B) -> Relu  becomes
 *     Conv(DQ(Q(X)), DQ(W_int8, scale[C], axis = 0), B) -> Relu -> Q -> DQ
 */
export const quantize: Pass<'quantize'> = {
  name: 'quantize',

  preflight(model: ModelProto, options: PassOptions<'quantize'>): Skipped[] {
    return prepareLayers(clone(ModelProtoSchema, model), options).skipped;
  },

  async run(context: PassContext, options: PassOptions<'quantize'>): Promise<PassResult> {
    const batches = calibrationBatches(new Graph(context.model), context.data, options.samples);
    const { skipped, ...summary } = await quantizeStatic(context.model, options, batches, { threads: context.threads, seed: context.seed });
    context.progress(1);
    await writeFile(join(context.outputPath, RANGES_FILE), JSON.stringify(summary.activations, null, 2));
    return { model: context.model, skipped, summary, files: [RANGES_FILE] };
  },
};
