import type { QuantizeOptions, Skipped } from '#contracts';
import type { ModelProto } from '#onnx';
import type { Batches } from './calibrate.js';
import { quantizeDynamic } from './dynamic.js';
import { storeFloat16, type StoredTensor } from './float16.js';
import { planQuantization, type Plan } from './plan.js';
import { quantizeStatic, type ActivationReport, type LayerReport, type StaticRun } from './static.js';
import { quantizeWeights } from './weight-only.js';

/** What a scheme did, for the report. */
export interface QuantizeReport {
  layers: LayerReport[];
  /** From scheme static: the calibrated grids. */
  activations?: ActivationReport[];
  /** From scheme float16: the tensors it stored. */
  tensors?: StoredTensor[];
  skipped: Skipped[];
}

/** Calibration data of a plan's model, asked for by the schemes that need some. */
export type BatchesOf = (plan: Plan) => Batches;

type Scheme = (plan: Plan, options: QuantizeOptions, batches: BatchesOf, run: StaticRun) => Promise<QuantizeReport>;

/** What each scheme does to the plan's model; to add one: its file, its line here, its name in the options. */
const SCHEMES: Record<QuantizeOptions['scheme'], Scheme> = {
  static: async (plan, options, batches, run) => ({ ...(await quantizeStatic(plan, options, batches(plan), run)), skipped: plan.skipped }),
  dynamic: async ({ graph, layers, skipped }, options) => ({ layers: quantizeDynamic(graph, layers, options), skipped }),
  weightOnly: async ({ graph, layers, skipped }, options, _batches, { seed }) => ({ layers: quantizeWeights(graph, layers, options, seed), skipped }),
  float16: async ({ graph, skipped }) => {
    const stored = storeFloat16(graph);
    return { layers: [], tensors: stored.tensors, skipped: [...skipped, ...stored.skipped] };
  },
};

/** Quantizes a model in place as the options say, and reports every layer done and every one left alone. */
export async function quantizeModel(model: ModelProto, options: QuantizeOptions, batches: BatchesOf, run: StaticRun): Promise<QuantizeReport> {
  const plan = planQuantization(model, options);
  const report = await SCHEMES[options.scheme](plan, options, batches, run);
  plan.graph.removeDeadCode();
  return report;
}
