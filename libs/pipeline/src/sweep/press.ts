import {
  chosenTask,
  metricFacts,
  metricsOfTask,
  type DatasetInspection,
  type MetricName,
  type ModelInspection,
  type PressSubmission,
  type RecipeGate,
  type SweepDocument,
  type SweepStep,
} from '#contracts';
import { SweepError } from '../errors.js';

export interface PressFacts {
  model: Pick<ModelInspection, 'ops' | 'parameters'>;
  data: DatasetInspection;
}

type Bounds = Pick<PressSubmission, 'maxDrop' | 'maxBytes' | 'maxMs' | 'device' | 'minutes' | 'seed'>;

/** Samples that a training sees in all: few data are gone through more often. */
const TRAINED = 20_000;
const MOST_EPOCHS = 8;
/** Test samples below which half of them says too little. */
const FEWEST_TESTED = 20;
/** Decides which half of the test split the search sees. */
const HALVING_SEED = 1;

/**
 * The sweep that looks for the smallest model within some bounds: widths, pruned channels where the model has layers
 * with channels, and training after them where there are data to train on. The search sees one half of the test split,
 * drawn at random; its best trial is measured on the other. Throws SweepError for data without labels or with too few
 * test samples.
 */
export function pressDocument(bounds: Bounds, facts: PressFacts): SweepDocument {
  const { data, model } = facts;
  const metric = qualityOf(data);
  const tested = testedSamples(data);
  const half = Math.floor(tested / 2);
  const onDevice = measuring(bounds);
  const evaluation = { split: 'test', samples: half, shuffleSeed: HALVING_SEED, latencyRuns: 100, ...onDevice.trial };
  const trainSamples = data.splits['train'] ?? 0;
  const hasChannels = ['Conv', 'Gemm', 'MatMul'].some((opType) => (model.ops[opType] ?? 0) > 0);
  return {
    name: 'press',
    seed: bounds.seed,
    passes: [
      ...quantizing(data),
      ...(hasChannels ? [step('prune', { granularity: 'channel', ratio: { grid: [0.25, 0.5, 0.7] } }, true)] : []),
      ...(trainSamples > 0 ? [step('distill', { epochs: epochsFor(trainSamples) }, true)] : []),
      step('evaluate', evaluation),
    ],
    parameters: {},
    objectives: [{ metric: 'bytes' }],
    constraints: constraintsOf(bounds, metric),
    limits: { minutes: bounds.minutes, parallel: 2 },
    sampler: 'auto',
    verify: { skip: half, shuffleSeed: HALVING_SEED, ...onDevice.lastWord },
  };
}

function step(pass: string, options: Record<string, unknown>, optional = false): SweepStep {
  return { pass, options, optional };
}

/** Without data activations stay as they are, and weights alone get fewer bits. */
function quantizing({ splits }: DatasetInspection): SweepStep[] {
  const weightBits = { grid: [8, 4, 2] };
  const isCalibrated = (splits['calibration'] ?? splits['train'] ?? 0) > 0;
  return [step('quantize', isCalibrated ? { weightBits } : { weightBits, scheme: 'weightOnly' })];
}

/** What quality is judged by: the first figure of the task that the labels are for. */
function qualityOf(data: DatasetInspection): MetricName {
  const task = chosenTask({}, data);
  const metric = task === null ? undefined : metricsOfTask(task).find((name) => metricFacts(name).source === 'labels');
  if (metric) return metric;
  throw new SweepError([
    {
      field: 'dataset',
      message:
        'maxDrop needs labels, which the data set does not have: add them, or launch a sweep with bounds of its own',
    },
  ]);
}

function testedSamples({ splits }: DatasetInspection): number {
  const { test = 0 } = splits;
  if (test >= FEWEST_TESTED) return test;
  throw new SweepError([
    {
      field: 'dataset',
      message: `half of the test split is kept for the last word, and it has ${test} samples: give it ${FEWEST_TESTED} at least`,
    },
  ]);
}

function constraintsOf({ maxDrop, maxBytes, maxMs, device }: Bounds, metric: MetricName): RecipeGate[] {
  const isHigher = metricFacts(metric).better === 'higher';
  return [
    { metric, ...(isHigher ? { maxDrop } : { maxRise: maxDrop }) },
    ...(maxBytes === undefined ? [] : [{ metric: 'bytes' as const, max: maxBytes }]),
    ...(maxMs === undefined ? [] : [latencyOf(device, maxMs)]),
  ];
}

function latencyOf(device: string | undefined, max: number): RecipeGate {
  return device === undefined ? { metric: 'latencyMsP95', max } : { device, metric: 'p95Ms', max };
}

/** Every trial is measured for some seconds, and the last word as long as a claim about a device takes. */
function measuring({ device, maxMs }: Bounds): Record<'trial' | 'lastWord', Record<string, unknown>> {
  if (device === undefined) return { trial: {}, lastWord: {} };
  if (maxMs === undefined)
    throw new SweepError([{ field: 'device', message: 'it measures what maxMs bounds: give maxMs, or leave it out' }]);
  return { trial: { devices: [device], benchmark: { quick: true } }, lastWord: { benchmark: {} } };
}

function epochsFor(samples: number): number {
  const even = Math.round(TRAINED / samples);
  return Math.min(MOST_EPOCHS, Math.max(1, even));
}
