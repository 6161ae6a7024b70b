import { counted, QuantizeOptions, type AnalyzeOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { seededRandom } from '#numbers';
import { nodeLabel, cloneModel, type Graph, type ModelProto, elementOf } from '#onnx';
import { CompressionError } from '../../errors.js';
import type { Pass } from '../../pass.js';
import { calibrate, type CalibrationRun } from '../../quantization/calibration/calibrate.js';
import { calibrationBatches } from '../../calibration-data.js';
import { datasetEvidence, type WidthEvidence } from '../../quantization/mixed/evidence.js';
import type { Layer } from '../../quantization/layers/layers.js';
import { withCause } from '../../quantization/layers/non-finite-cause.js';
import { settleRange } from '../../quantization/evidence/weight-range.js';
import { planQuantization } from '../../quantization/schemes/plan-quantization.js';
import { RoundedWeights } from '../../quantization/grid/rounded-weights.js';
import { costOf, measureSensitivity } from '../../quantization/mixed/sensitivity.js';
import { ActivationTrial } from './activation-trial.js';
import { channelCosts, channelsVerdict } from './channels.js';
import { layerSensitivityPlot, sensitivityVerdict, type AnalyzedLayer } from './sensitivity-report.js';
import { writeSideFiles } from '../../side-files.js';
import { Work } from '../../work.js';

const TABLE_FILE = 'sensitivity.json';
const PLOT_FILE = 'sensitivity.svg';
const CHANNELS_FILE = 'channels.json';

/**
 * Measures what each layer costs when it alone is quantized and everything else stays float: its weight at each width,
 * and its input on the uint8 grid; where asked, what each group of channels costs that prune could remove. Costs are the
 * SNR of the model's outputs and, with labels, the loss of top-1. The model is not changed.
 */
export const analyzePass: Pass<'analyze'> = {
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
    const { reduceRange } = await settleRange({ ...options, scheme: 'static' });
    const weights = new RoundedWeights(graph, layers, {
      ...options,
      reduceRange,
      weightBits: 8,
      weightFormat: 'uniform',
      powerOfTwo: false,
      codebookStart: 'linear',
      random: seededRandom(seed),
    });
    const work = new Work(context.progress);
    const judging = { samples: options.samples, threads, work };
    const isIdle = layers.length === 0 || options.widths.length === 0;
    const sensitivities = isIdle ? [] : await measureSensitivity(graph, weights, options.widths, evidence, judging);
    const activations =
      options.activations && !isIdle
        ? await activationCosts({ graph, layers, data, evidence }, options, { threads, work })
        : [];
    const costOfInput = (i: number) => (activations[i] ? { activation: activations[i] } : {});
    const table = sensitivities.map((layer, i): AnalyzedLayer => ({ ...layer, ...costOfInput(i) }));
    const channels = options.channels ? await channelCosts(context, options.channels, evidence, work) : undefined;
    context.progress(1);
    const files = await writeSideFiles(context, {
      [TABLE_FILE]: () => JSON.stringify(table, null, 2),
      [PLOT_FILE]: () => (table.length > 0 ? layerSensitivityPlot(table) : undefined),
      [CHANNELS_FILE]: () => channels && JSON.stringify(channels, null, 2),
    });
    const verdict = [
      ...(options.widths.length > 0 ? [sensitivityVerdict(table)] : []),
      ...(channels ? [channelsVerdict(channels)] : []),
    ].join('; ');
    return { model: null, skipped, summary: { layers: table, ...(channels ? { channels } : {}), verdict }, files };
  },
};

const TABLE_REASON = 'its rows are looked up: only layers that multiply are tried at several widths';

/** The layers that quantize would take, in a prepared copy of the model. */
function planAnalysis(model: ModelProto, { opTypes, exclude }: AnalyzeOptions) {
  const all = { opTypes: [...opTypes, 'Gather', 'LSTM'], exclude, minProducts: 0 };
  const plan = planQuantization(cloneModel(model), QuantizeOptions.parse(all));
  const tables = new Set(plan.tables?.map(({ node }) => nodeLabel(node)));
  const left = [...tables].map((node) => ({ node, opType: 'Gather', reason: TABLE_REASON }));
  const skipped = plan.skipped.filter(({ node }) => !tables.has(node));
  return { ...plan, skipped: [...skipped, ...left] };
}

/** Where the calibration of activations ends, as a share of the work; their trials take the rest. */
const CALIBRATED = 0.85;

interface ActivationSubject {
  graph: Graph;
  layers: readonly Layer[];
  data: Dataset;
  evidence: WidthEvidence;
}

async function activationCosts(
  { graph, layers, data, evidence }: ActivationSubject,
  options: AnalyzeOptions,
  { threads, work }: CalibrationRun,
): Promise<NonNullable<AnalyzedLayer['activation']>[]> {
  const { percentile } = QuantizeOptions.parse({});
  work?.begin('calibrating', CALIBRATED);
  const batches = calibrationBatches(graph, data, options.samples, { work });
  const inputs = [...new Set(layers.map(({ input }) => input))];
  const settings = { calibration: options.calibration, percentile, threads };
  const ranges = await withCause({ graph, layers }, batches, () => calibrate(graph.model, inputs, batches, settings));
  const trial = await ActivationTrial.create(graph, layers, ranges, threads);
  try {
    const models = [trial.with([]), ...layers.map((_layer, i) => trial.with([i]))];
    work?.begin(`sensitivity of activations: ${counted(layers.length, 'layer')}`, 1);
    const { scores } = await scoreModels(models, evidence.batches(options.samples, work), evidence.classes);
    const float = elementOf(scores, 0, 'scores');
    return scores.slice(1).map((score) => costOf(float, score));
  } finally {
    await trial.release();
  }
}
