import { seeksSlower, type QuantizeOptions } from '#contracts';
import { cloneModel, Graph, type ModelProto } from '#onnx';
import type { Pass } from '../../pass.js';
import { dealBatches } from '../../calibration-data.js';
import { datasetEvidence } from '../../quantization/mixed/evidence.js';
import { checkKnownRanges } from '../../quantization/calibration/known-ranges.js';
import { foreseeQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeWithinLatency } from '../../quantization/mixed/latency-budget.js';
import { quantizeUnlessSlower } from '../../quantization/mixed/where-slower.js';
import { halfPrecisionProblem } from '../../quantization/layers/half-precision.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import type { BatchesOf, QuantizationRun } from '../../quantization/run.js';
import { tradeOff, tradeOffPlot } from '../../quantization/mixed/trade-off.js';
import { writeSideFiles } from '../../side-files.js';
import { Work } from '../../work.js';

/** The calibration result, kept beside the model: range and grid of every activation. */
const RANGES_FILE = 'calibration.json';

/** The grids in the form that AIMET and Qualcomm's tools read. */
const ENCODINGS_FILE = 'encodings.json';

/** What became of every layer, and what the result is worth. */
const REPORT_FILE = 'quantization.json';

/** Size against loss, where widths were chosen by sensitivity. */
const TRADE_OFF_FILE = 'trade-off.json';
const TRADE_OFF_PLOT = 'trade-off.svg';

/**
 * Stores weights, and with scheme static activations too, in fewer bits.
 *
 *     Conv(X, W, B) -> Relu  becomes
 *     Conv(DQ(Q(X)), DQ(W_int8, scale[C], axis = 0), B) -> Relu -> Q -> DQ
 */
export const quantizePass: Pass<'quantize'> = {
  name: 'quantize',

  preflight: (model, options) => {
    const { graph, skipped } = foreseeQuantization(cloneModel(model), options);
    checkKnownRanges(options, [new Graph(model), graph]);
    return skipped;
  },

  obstacles(model, { scheme }) {
    const message = scheme === 'float16' ? null : halfPrecisionProblem(model);
    return message === null ? [] : [{ field: '', message }];
  },

  async run(context, options) {
    const { data } = context;
    const batches: BatchesOf | null =
      data && (({ graph }, told) => dealBatches(graph, data, options.samples, told).fitted);
    const heldOut = data && dealBatches(new Graph(context.model), data, options.samples).heldOut;
    const run: QuantizationRun = {
      threads: context.threads,
      seed: context.seed,
      ...(heldOut ? { heldOut } : {}),
      work: new Work(context.progress),
      ...(data && options.mixed ? { evidence: datasetEvidence(new Graph(context.model), data) } : {}),
    };
    const { skipped, mixed, encodings, ...summary } = await quantizeAs(options, context.model, batches, run);
    for (const warning of summary.warnings) context.log(`warning: ${warning}`);
    context.progress(1);
    const files = await writeSideFiles(context, {
      [REPORT_FILE]: () => json({ ...summary, skipped }),
      [RANGES_FILE]: () => summary.activations && json(summary.activations),
      [ENCODINGS_FILE]: () => encodings && json(encodings),
      [TRADE_OFF_FILE]: () => mixed && json(tradeOff(mixed)),
      [TRADE_OFF_PLOT]: () => mixed && tradeOffPlot(mixed),
    });
    const chosen = mixed ? { mixed: mixed.chosen } : {};
    return { model: context.model, skipped, summary: { ...summary, ...chosen }, files };
  },
};

/** Where the clock has a say, what is quantized depends on it. */
function quantizeAs(options: QuantizeOptions, model: ModelProto, batches: BatchesOf | null, run: QuantizationRun) {
  const latency = options.mixed?.latency;
  if (latency !== undefined) return quantizeWithinLatency(model, latency, options, batches, run);
  return (seeksSlower(options) ? quantizeUnlessSlower : quantizeModel)(model, options, batches, run);
}

function json(content: unknown): string {
  return JSON.stringify(content, null, 2);
}
