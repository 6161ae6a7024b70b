import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneModel } from '#onnx';
import type { Pass } from '../pass.js';
import { calibrationBatches } from './calibration-data.js';
import { planQuantization } from './plan.js';
import { quantizeModel } from './quantize-model.js';

/** The calibration result, kept beside the model: range and grid of every activation. */
const RANGES_FILE = 'calibration.json';

/**
 * Stores weights, and with scheme static activations too, in fewer bits.
 *
 *     Conv(X, W, B) -> Relu  becomes
 *     Conv(DQ(Q(X)), DQ(W_int8, scale[C], axis = 0), B) -> Relu -> Q -> DQ
 */
export const quantize: Pass<'quantize'> = {
  name: 'quantize',

  preflight: (model, options) => planQuantization(cloneModel(model), options).skipped,

  async run(context, options) {
    const { data } = context;
    const { skipped, ...summary } = await quantizeModel(
      context.model,
      options,
      data && (({ graph }) => calibrationBatches(graph, data, options.samples)),
      { threads: context.threads, seed: context.seed },
    );
    for (const warning of summary.warnings) context.log(`warning: ${warning}`);
    context.progress(1);
    if (!summary.activations) return { model: context.model, skipped, summary };
    await writeFile(join(context.outputPath, RANGES_FILE), JSON.stringify(summary.activations, null, 2));
    return { model: context.model, skipped, summary, files: [RANGES_FILE] };
  },
};
