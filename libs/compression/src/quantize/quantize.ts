import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassOptions, Skipped } from '#contracts';
import { cloneModel, type ModelProto } from '#onnx';
import type { Pass, PassContext, PassResult } from '../pass.js';
import { calibrationBatches } from './calibration-data.js';
import { quantizeDynamic } from './dynamic.js';
import { storeFloat16 } from './float16.js';
import { planQuantization, type Plan } from './plan.js';
import { quantizeStatic } from './static.js';
import { quantizeWeights } from './weight-only.js';

type Options = PassOptions<'quantize'>;
type Scheme = (context: PassContext, plan: Plan, options: Options) => Promise<Omit<PassResult, 'model' | 'skipped'> & { skipped?: Skipped[] }>;

/** The calibration result, kept beside the model: range and grid of every activation. */
const RANGES_FILE = 'calibration.json';

/** What each scheme does to the plan's model; to add one: its file, its line here, its name in the options. */
const SCHEMES: Record<Options['scheme'], Scheme> = {
  async static(context, plan, options) {
    const batches = calibrationBatches(plan.graph, context.data, options.samples);
    const summary = await quantizeStatic(plan, options, batches, { threads: context.threads, seed: context.seed });
    await writeFile(join(context.outputPath, RANGES_FILE), JSON.stringify(summary.activations, null, 2));
    return { summary: { ...summary }, files: [RANGES_FILE] };
  },
  dynamic: async (_context, { graph, layers }, options) => ({ summary: { layers: quantizeDynamic(graph, layers, options) } }),
  weightOnly: async (context, { graph, layers }, options) => ({ summary: { layers: quantizeWeights(graph, layers, options, context.seed) } }),
  async float16(_context, { graph }) {
    const { tensors, skipped } = storeFloat16(graph);
    return { summary: { tensors }, skipped };
  },
};

/**
 * Stores weights, and with scheme static activations too, in fewer bits.
 *
 *     Conv(X, W, B) -> Relu  becomes
 *     Conv(DQ(Q(X)), DQ(W_int8, scale[C], axis = 0), B) -> Relu -> Q -> DQ
 */
export const quantize: Pass<'quantize'> = {
  name: 'quantize',

  preflight: (model: ModelProto, options: Options) => planQuantization(cloneModel(model), options).skipped,

  async run(context, options) {
    const plan = planQuantization(context.model, options);
    const { skipped = [], ...result } = await SCHEMES[options.scheme](context, plan, options);
    plan.graph.removeDeadCode();
    context.progress(1);
    return { model: context.model, skipped: [...plan.skipped, ...skipped], ...result };
  },
};
