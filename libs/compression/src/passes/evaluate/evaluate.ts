import { createHash } from 'node:crypto';
import {
  counted,
  type DatasetInspection,
  chosenTask,
  type EvaluateOptions,
  type ModelMetrics,
  type Skipped,
} from '#contracts';
import { chanceWarning, type Dataset } from '#datasets';
import {
  brotliQuality,
  evaluateModels,
  measureLatency,
  modelMetrics,
  summarizeLatency,
  type ScoreResult,
} from '#evaluation';
import { Session, type HostTensors } from '#inference';
import { compare, latencyRatio, type Measurement, type Speedup } from '#measurement';
import { nonFiniteText, nonFiniteWeights, type ModelProto } from '#onnx';
import { CompressionError } from '../../errors.js';
import type { Obstacle, Pass, PassContext } from '../../pass.js';
import { benchmarkObstacles, keepBenchmarkInputs } from './benchmark-inputs.js';
import { latencyFacts, speedVerdict } from './latency-ratio.js';
import { withCustomMetrics } from './custom.js';
import { checkAsked, labelForm, scoreSettings, taskTrial } from './task.js';
import { uncomparedOutputs } from './uncompared-outputs.js';

/** Different samples that the latency runs take in turn, so that no single input decides the figure. */
const LATENCY_FEEDS = 8;

/** Where the shares of quality and latency end on the progress bar; sizes take the rest. */
const QUALITY_SHARE = 0.5;
const LATENCY_SHARE = 0.95;

/**
 * Measures the baseline and every model of the job in one run on one machine: quality of its task and output SNR on a
 * split, latency with the models alternated at random, sizes, parameters and non-zeros. Models of equal bytes are
 * measured once. Without labels answers are only compared with the baseline's.
 */
export const evaluatePass: Pass<'evaluate'> = {
  name: 'evaluate',
  preflight: (model) => nonFinite(model),
  trial: async (model, options, { data }) => [
    ...tooFew(options, data),
    ...benchmarkObstacles(model, options, data),
    ...(await taskTrial(model, options, data)),
  ],
  async run(context, options) {
    if (!context.data)
      throw new CompressionError(
        'evaluate_data',
        'evaluate needs a data set to run the models on; submit the job with one',
      );
    const { models, positions } = distinctModels(context);
    const sessions: Session[] = [];
    try {
      for (const bytes of models) sessions.push(await Session.create(bytes, { threads: options.threads }));
      const input = bindData(sessions[0]!, context.data, options);
      const settings = scoreSettings(input.data, options);
      const scored = await withCustomMetrics(options, context, (custom) =>
        evaluateModels(sessions, countedBatches(input, context), { ...settings, custom }),
      );
      checkAsked(scored, options);
      const timed = await timeModels(sessions, input, context, options);
      const speedups = compare(timed.samplesMs);
      const metrics = await sizesOf(models, context);
      const kept = await keepBenchmarkInputs(options, {
        ...{ data: input.data, split: input.data.splitFor(input.split), fixedBatch: input.fixedBatch },
        names: sessions[0]?.inputs.map(({ name }) => name) ?? [],
        outputPath: context.outputPath,
      });
      context.progress(1);
      const clocked = (index: number) => clockFigures(timed, speedups, index);
      const measured = metrics.map((sizes, i): ModelMetrics => ({ ...sizes, ...scored.scores[i], ...clocked(i) }));
      const verdict = speedVerdict(speedups[(positions.at(-1) ?? 0) - 1], timed);
      return {
        model: null,
        skipped: [
          ...nonFinite(context.model),
          ...uncomparedOutputs(sessions[0]?.outputs ?? []),
          ...skippedMetrics(scored, input),
        ],
        summary: {
          ...summarize(scored, input, models, timed, options),
          ...(verdict === null ? {} : { verdict }),
          ...kept.summary,
        },
        files: kept.files,
        history: positions.map((position) => measured[position]!),
      };
    } finally {
      for (const session of sessions) await session.release();
    }
  },
};

/** Sizes of each model, all for transfer at once; how many are known is told. */
function sizesOf(models: readonly Uint8Array[], { progress }: PassContext): Promise<ModelMetrics[]> {
  let done = 0;
  const tell = () => {
    const share = LATENCY_SHARE + ((1 - LATENCY_SHARE) * done) / models.length;
    progress(share, `sizes: ${done} of ${counted(models.length, 'model')}`);
  };
  const measured = async (bytes: Uint8Array) => {
    const sizes = await modelMetrics(bytes);
    done += 1;
    tell();
    return sizes;
  };
  tell();
  return Promise.all(models.map(measured));
}

/** The latencies of one of the distinct models; all but the baseline, the first, carry what they are against it. */
function clockFigures({ samplesMs }: Measurement, speedups: readonly Speedup[], index: number): Partial<ModelMetrics> {
  const speedup = speedups[index - 1];
  return { ...summarizeLatency(samplesMs[index] ?? []), ...(speedup ? { latencyRatio: latencyRatio(speedup) } : {}) };
}

/** Weights of which figures cannot mean much. */
function nonFinite(model: ModelProto): Skipped[] {
  return nonFiniteWeights(model).map((weight) => ({
    node: weight.tensor,
    reason: `this weight ${nonFiniteText(weight)}: what the model answers may mean nothing`,
  }));
}

/** The baseline and each model of the history once, and where each of the history is among them. */
function distinctModels({ baseline, history }: PassContext): { models: Uint8Array[]; positions: number[] } {
  const models = [baseline];
  const known = new Map([[digest(baseline), 0]]);
  const positions = history.map((bytes) => {
    const key = digest(bytes);
    const position = known.get(key) ?? models.push(bytes) - 1;
    known.set(key, position);
    return position;
  });
  return { models, positions };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A split of which nothing is left behind the samples that are skipped. */
function tooFew({ split, skip = 0 }: EvaluateOptions, data: DatasetInspection | null): Obstacle[] {
  const count = data?.splits[split];
  return count === undefined || skip < count
    ? []
    : [{ field: 'skip', message: `split "${split}" has ${count} samples: skip fewer` }];
}

/** What the models are run on. */
interface EvaluationInput {
  data: Dataset;
  split: EvaluateOptions['split'];
  samples: number;
  batchSize: number;
  /** Samples of one run where the model fixes them, else null. */
  fixedBatch: number | null;
  /** Samples left out because they make no whole batch of that size. */
  leftOut: number;
  /** Samples left out first, in the order in which they are taken. */
  start: number;
  shuffleSeed?: number;
}

function bindData(baseline: Session, dataset: Dataset, options: EvaluateOptions): EvaluationInput {
  const data = dataset.bindInputs(baseline.inputs.map(({ name }) => name));
  const split = data.splitFor(options.split);
  const fixedBatch = data.batchOf(baseline.inputs);
  const { skip = 0, shuffleSeed } = options;
  const wanted = Math.max(0, Math.min(data.sampleCount(split) - skip, options.samples ?? Infinity));
  if (wanted === 0)
    throw new CompressionError(
      'evaluate_data',
      `split "${split}" has ${data.sampleCount(split)} samples and ${skip} are skipped: skip fewer`,
    );
  const samples = fixedBatch ? wanted - (wanted % fixedBatch) : wanted;
  if (samples === 0)
    throw new CompressionError(
      'evaluate_data',
      `the model takes batches of ${fixedBatch} samples and split "${split}" has only ${wanted}; ` +
        'use a larger split or export the model with a dynamic batch',
    );
  return {
    data,
    split: options.split,
    samples,
    batchSize: fixedBatch ?? options.batchSize,
    fixedBatch,
    leftOut: wanted - samples,
    start: skip,
    ...(shuffleSeed === undefined ? {} : { shuffleSeed }),
  };
}

async function* countedBatches(input: EvaluationInput, context: PassContext) {
  const { data, split, samples, batchSize, start, shuffleSeed } = input;
  const order = { start, limit: samples, ...(shuffleSeed === undefined ? {} : { shuffleSeed }) };
  let done = 0;
  for await (const batch of data.batches(data.splitFor(split), { batchSize, ...order })) {
    yield batch;
    done += batch.size;
    context.progress((QUALITY_SHARE * done) / samples, `quality: ${done} of ${samples} samples`);
  }
}

async function timeModels(
  sessions: readonly Session[],
  input: EvaluationInput,
  context: PassContext,
  options: EvaluateOptions,
): Promise<Measurement> {
  const feeds: HostTensors[] = [];
  const batchSize = input.fixedBatch ?? 1;
  for await (const batch of input.data.batches(input.data.splitFor(input.split), {
    batchSize,
    limit: batchSize * LATENCY_FEEDS,
    dropLast: true,
  }))
    feeds.push(batch.inputs);
  const onProgress = everyPercent((fraction) =>
    context.progress(QUALITY_SHARE + (LATENCY_SHARE - QUALITY_SHARE) * fraction, latencyWords(fraction)),
  );
  const { latencyRuns: runs, latencySeconds: minSeconds, latencyWithin, warmupRuns } = options;
  const fed = sessions.map((session) => ({ session, feeds }));
  const limits = { runs, minSeconds, within: latencyWithin || null, warmupRuns };
  return measureLatency(fed, { ...limits, seed: context.seed, onProgress });
}

const latencyWords = (fraction: number) => `latency: ${Math.floor(100 * Math.min(1, fraction))} % of the runs`;

function everyPercent(report: (fraction: number) => void): (fraction: number) => void {
  let last = 0;
  return (fraction) => {
    if (fraction - last < 0.01) return;
    last = fraction;
    report(fraction);
  };
}

function skippedMetrics(
  { scores, outputs, skipped }: ScoreResult,
  { data, fixedBatch, leftOut }: EvaluationInput,
): Skipped[] {
  const isFloatless = outputs.every((list) => list.length === 0);
  const why = isFloatless
    ? 'none of the outputs is a floating-point one'
    : 'an output of a model is not finite, or the baseline gives only zeros';
  const snr = scores.some((score) => score.outputSnrDb === undefined) ? why : null;
  const isUnlabelled = data.classes === null && data.targetDims === null;
  return [
    ...(isUnlabelled ? [{ node: 'quality', reason: UNLABELLED }] : []),
    ...skipped,
    ...(leftOut > 0
      ? [
          {
            node: 'samples',
            reason:
              `${leftOut} of them were left out: the model takes batches of ${fixedBatch}, ` +
              'and they make no whole one',
          },
        ]
      : []),
    ...(snr ? [{ node: 'outputSnrDb', reason: `not measured for every model: ${snr}` }] : []),
  ];
}

const UNLABELLED =
  "not measured against labels: the data set has no labels, so answers are compared with the baseline's alone";

/**
 * A warning where the original answers no better than chance: then the data is fed in another way than it was trained
 * on.
 */
function atChance(top1: number | undefined, samples: number, classes: number | null): { warnings?: string[] } {
  const warning = top1 === undefined || classes === null ? null : chanceWarning({ top1, samples, classes });
  return warning === null ? {} : { warnings: [warning] };
}

function summarize(
  { scores, scoreOutput, samples, outputs, details }: ScoreResult,
  input: EvaluationInput,
  models: readonly Uint8Array[],
  timed: Measurement,
  options: EvaluateOptions,
): Record<string, unknown> {
  return {
    split: input.data.splitFor(input.split),
    samples,
    task: chosenTask(options, labelForm(input.data)),
    ...atChance(scores[0]?.top1, samples, input.data.classes),
    scoreOutput,
    ...(details.some((one) => Object.keys(one).length > 0) ? { details } : {}),
    distinctModels: models.length,
    outputs,
    latency: {
      batch: input.fixedBatch ?? 1,
      ...latencyFacts(timed),
      warmupRuns: options.warmupRuns,
      threads: options.threads,
    },
    brotliQualities: models.map((bytes) => brotliQuality(bytes.length)),
  };
}
