import { cloneModel, Graph } from '#onnx';
import type { Pass } from '../../pass.js';
import { dealBatches } from '../../calibration-data.js';
import { datasetEvidence } from '../../quantization/mixed/evidence.js';
import { checkKnownRanges } from '../../quantization/calibration/known-ranges.js';
import { foreseeQuantization } from '../../quantization/schemes/plan-quantization.js';
import { quantizeWithinLatency } from '../../quantization/mixed/latency-budget.js';
import { quantizeModel } from '../../quantization/schemes/quantize-model.js';
import type { BatchesOf, QuantizationRun } from '../../quantization/run.js';
import { tradeOff, tradeOffPlot } from '../../quantization/mixed/trade-off.js';
import { writeSideFiles } from '../../side-files.js';

/** The calibration result, kept beside the model: range and grid of every activation. */
const RANGES_FILE = 'calibration.json';

/** What became of every layer, and what the result is worth. */
const REPORT_FILE = 'quantization.json';

/** Size against loss, where widths were chosen by sensitivity. */
const TRADE_OFF_FILE = 'trade-off.json';
const TRADE_OFF_PLOT = 'trade-off.svg';

/** Share of the run after which all weights are stored; measuring the result takes the rest. */
const STORED_SHARE = 0.9;

/**
 * Stores weights, and with scheme static activations too, in fewer bits.
 *
 *     Conv(X, W, B) -> Relu  becomes
 *     Conv(DQ(Q(X)), DQ(W_int8, scale[C], axis = 0), B) -> Relu -> Q -> DQ
 */
export const quantize: Pass<'quantize'> = {
  name: 'quantize',

  preflight: (model, options) => {
    const { graph, skipped } = foreseeQuantization(cloneModel(model), options);
    checkKnownRanges(options, [new Graph(model), graph]);
    return skipped;
  },

  async run(context, options) {
    const { data } = context;
    const batches: BatchesOf | null = data && (({ graph }) => dealBatches(graph, data, options.samples).fitted);
    const heldOut = data && dealBatches(new Graph(context.model), data, options.samples).heldOut;
    const run: QuantizationRun = {
      threads: context.threads,
      seed: context.seed,
      ...(heldOut ? { heldOut } : {}),
      onLayer: (done, total) =>
        context.progress((STORED_SHARE * done) / total, `weights of layer ${done} of ${total} stored`),
      ...(data && options.mixed ? { evidence: datasetEvidence(new Graph(context.model), data) } : {}),
    };
    const latency = options.mixed?.latency;
    const { skipped, mixed, ...summary } = await (latency === undefined
      ? quantizeModel(context.model, options, batches, run)
      : quantizeWithinLatency(context.model, latency, options, batches, run));
    for (const warning of summary.warnings) context.log(`warning: ${warning}`);
    context.progress(1);
    const files = await writeSideFiles(context, {
      [REPORT_FILE]: () => json({ ...summary, skipped }),
      [RANGES_FILE]: () => summary.activations && json(summary.activations),
      [TRADE_OFF_FILE]: () => mixed && json(tradeOff(mixed)),
      [TRADE_OFF_PLOT]: () => mixed && tradeOffPlot(mixed),
    });
    return { model: context.model, skipped, summary: { ...summary, ...(mixed ? { mixed: mixed.chosen } : {}) }, files };
  },
};

function json(content: unknown): string {
  return JSON.stringify(content, null, 2);
}
