import { QuantizeOptions, type AnalyzeOptions } from '#contracts';
import { mulberry32, type Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { nodeLabel, cloneModel, type Graph, type ModelProto, elementOf } from '#onnx';
import { CompressionError } from '../../errors.js';
import type { Pass } from '../../pass.js';
import { calibrate } from '../../quantization/calibration/calibrate.js';
import { calibrationBatches } from '../../calibration-data.js';
import { datasetEvidence, type Evidence } from '../../quantization/mixed/evidence.js';
import type { Layer } from '../../quantization/layers/layers.js';
import { withCause } from '../../quantization/layers/non-finite-cause.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { RoundedWeights } from '../../quantization/grid/rounded-weights.js';
import { costOf, measureSensitivity } from '../../quantization/mixed/sensitivity.js';
import { ActivationTrial } from './activation-trial.js';
import { layerSensitivityPlot, sensitivityVerdict, type AnalyzedLayer } from './sensitivity-report.js';
import { writeSideFiles } from '../../side-files.js';

const TABLE_FILE = 'sensitivity.json';
const PLOT_FILE = 'sensitivity.svg';

/** Where the trials of weights end on the progress bar; those of activations take the rest. */
const WEIGHTS_SHARE = 0.75;

/**
 * Measures what each layer costs when it alone is quantized and everything else stays float: its weight at each width,
 * and its input on the uint8 grid. Costs are the SNR of the model's outputs and, with labels, the loss of top-1. The
 * model is not changed.
 */
export const analyze: Pass<'analyze'> = {
  name: 'analyze',

  preflight: (model, options) => planAnalysis(model, options).skipped,

  async run(context, options) {
    const { data, threads, seed } = context;
    if (!data)
      throw new CompressionError(
        'analyze_data',
        'analyze needs a data set to run the model on; submit the job with one',
      );
    const { graph, layers, skipped } = planAnalysis(context.model, options);
    const evidence = datasetEvidence(graph, data);
    const weights = new RoundedWeights(graph, layers, {
      ...options,
      weightBits: 8,
      weightFormat: 'uniform',
      powerOfTwo: false,
      codebookStart: 'linear',
      random: mulberry32(seed),
    });
    const onProgress = (fraction: number) => context.progress(WEIGHTS_SHARE * fraction, 'weights');
    const sensitivities =
      layers.length === 0
        ? []
        : await measureSensitivity(graph, weights, options.widths, evidence, {
            samples: options.samples,
            threads,
            onProgress,
          });
    const activations =
      options.activations && layers.length > 0
        ? await activationCosts(graph, layers, data, evidence, options, threads)
        : [];
    const table = sensitivities.map((layer, i): AnalyzedLayer => ({
      ...layer,
      ...(activations[i] ? { activation: activations[i] } : {}),
    }));
    context.progress(1);
    const files = await writeSideFiles(context, {
      [TABLE_FILE]: () => JSON.stringify(table, null, 2),
      [PLOT_FILE]: () => layerSensitivityPlot(table),
    });
    return { model: null, skipped, summary: { layers: table, verdict: sensitivityVerdict(table) }, files };
  },
};

const TABLE_REASON = 'its rows are looked up: only layers that multiply are tried at several widths';

/** The layers that quantize would take, in a prepared copy of the model. */
function planAnalysis(model: ModelProto, { opTypes, exclude }: AnalyzeOptions) {
  const all = { opTypes: [...opTypes, 'Gather', 'LSTM'], exclude, minProducts: 0 };
  const plan = planQuantization(cloneModel(model), QuantizeOptions.parse(all));
  const tables = new Set(plan.tables?.map(({ node }) => nodeLabel(node)));
  const left = [...tables].map((node) => ({ node, opType: 'Gather', reason: TABLE_REASON }));
  return { ...plan, skipped: [...plan.skipped.filter(({ node }) => !tables.has(node)), ...left] };
}

async function activationCosts(
  graph: Graph,
  layers: readonly Layer[],
  data: Dataset,
  evidence: Evidence,
  options: AnalyzeOptions,
  threads: number,
): Promise<NonNullable<AnalyzedLayer['activation']>[]> {
  const { percentile } = QuantizeOptions.parse({});
  const batches = calibrationBatches(graph, data, options.samples);
  const inputs = [...new Set(layers.map(({ input }) => input))];
  const ranges = await withCause({ graph, layers }, batches, () =>
    calibrate(graph.model, inputs, batches, { calibration: options.calibration, percentile, threads }),
  );
  const trial = await ActivationTrial.create(graph, layers, ranges, threads);
  try {
    const models = [trial.with([]), ...layers.map((_layer, i) => trial.with([i]))];
    const { scores } = await scoreModels(models, evidence.batches(options.samples), evidence.classes);
    return layers.map((_layer, i) => costOf(elementOf(scores, 0, 'scores'), elementOf(scores, i + 1, 'scores')));
  } finally {
    await trial.release();
  }
}
