import {
  isRanked,
  type MetricName,
  type MetricsFrom,
  type ModelMetrics,
  type QualityInterval,
  type Skipped,
} from '#contracts';
import type { HostTensor, HostTensors, Session } from '#inference';
import { CustomFigures } from './custom-figures.js';
import type { CustomMetricRun } from './custom-metric.js';
import { OutputMismatchError, TaskOutputError } from './errors.js';
import { combinedSnrDb, OutputComparison, worstOutput, type OutputQuality } from './output-quality.js';
import { measureQuality, type IntervalSettings, type Measured } from './quality.js';
import { snrOfSamples } from './sample-noise.js';
import { agreementOf, openAnswers, openTask, reasonsOf, type Answering, type Scoring } from './task-scoring.js';
import type { TaskBatch, TaskSettings } from './tasks/task.js';

/** Samples to score models on; what libs/datasets serves. */
export interface LabelledBatch {
  inputs: HostTensors;
  labels: Int32Array | null;
  targets?: HostTensor | null;
  size: number;
}

/** Metrics of one model's outputs; one that has no value is absent. */
export type Scores = Pick<ModelMetrics, MetricsFrom<'labels' | 'outputs' | 'channels'> | 'intervals' | 'custom'>;

type Runnable = Pick<Session, 'run'> & Partial<Pick<Session, 'outputs'>>;

/** What is asked of the models. */
export interface ScoreSettings {
  /** What the labels tell of; null where there are none that do. */
  task: TaskSettings | null;
  /** Whether the task was asked for: else a model that has no output for it is scored without. */
  required?: boolean;
  /** Figures of the task; all by default. */
  metrics?: readonly MetricName[] | undefined;
  /** Modules that compute figures of their own; started, and stopped by who started them. */
  custom?: readonly CustomMetricRun[];
  /** Null for figures alone. */
  intervals: IntervalSettings | null;
}

export interface ScoreResult {
  /** Of each model, in the order given. */
  scores: Scores[];
  /** The output that the task read; null where there is none or no task. */
  scoreOutput: string | null;
  samples: number;
  /** Of each model, how near each output comes to the baseline's. */
  outputs: OutputQuality[][];
  /** Figures that could not be had, and why. */
  skipped: Skipped[];
  /** Of each model, what stands beside its figures. */
  details: Record<string, unknown>[];
}

/**
 * Runs the models side by side on the same batches, the first being the baseline, and keeps of each sample what the
 * figures need: some numbers, and of classes, vectors and boxes as many as there are. The SNR is that of the
 * floating-point outputs, their shares of noise averaged, and of each of them and its channels. Throws
 * OutputMismatchError when a model's outputs differ in shape, and TaskOutputError where a task that is required finds
 * no output to read.
 */
export async function evaluateModels(
  models: readonly Runnable[],
  batches: AsyncIterable<LabelledBatch>,
  settings: ScoreSettings,
): Promise<ScoreResult> {
  const walk = new Walk(models, settings);
  for await (const batch of batches) await walk.add(batch);
  return walk.result();
}

/** Top-1 and top-5 by class labels and the SNR, without intervals: for those who search. Null classes for no labels. */
export function scoreModels(
  models: readonly Runnable[],
  batches: AsyncIterable<LabelledBatch>,
  classes: number | null,
): Promise<ScoreResult> {
  const task = classes === null ? null : { task: 'classification' as const, classes, targets: null, options: {} };
  return evaluateModels(models, batches, { task, metrics: ['top1', 'top5'], intervals: null });
}

class Walk {
  private readonly comparisons: OutputComparison[];
  /** Outputs whose shape follows from the data: their values have no counterpart. */
  private readonly apart = new Set<string>();
  private readonly skipped: Skipped[] = [];
  private readonly custom: CustomFigures;
  private task: Scoring | null = null;
  /** Answers where no task tells of them; null too where none are asked for. */
  private answering: Answering | null = null;
  private samples = 0;

  constructor(
    private readonly models: readonly Runnable[],
    private readonly settings: ScoreSettings,
  ) {
    this.comparisons = models.map(() => new OutputComparison());
    this.custom = new CustomFigures(settings.custom ?? [], models.length);
  }

  async add({ inputs, labels, targets = null, size }: LabelledBatch): Promise<void> {
    const [baseline] = this.models;
    const reference = (await baseline?.run(inputs)) ?? {};
    for (const [index, model] of this.models.entries()) {
      const outputs = index === 0 ? reference : await model.run(inputs);
      const batch = { inputs, outputs, reference, labels, targets, size };
      if (index === 0 && this.samples === 0) this.open(batch);
      this.checkShapes(outputs, reference);
      this.task?.add(index, batch);
      this.answering?.add(index, batch);
      await this.custom.add(index, batch);
      this.comparisons[index]?.add(outputs, reference, size, this.apart);
    }
    this.samples += size;
  }

  private open(batch: TaskBatch): void {
    const { task, metrics, required = false } = this.settings;
    const models = this.models.length;
    try {
      this.task = task && openTask(task, batch, { models, metrics });
    } catch (error) {
      if (required || !(error instanceof TaskOutputError)) throw error;
      this.skipped.push({ node: task?.task ?? '', reason: `quality not measured: ${error.message}` });
    }
    if (this.task !== null || !this.comparesAnswers()) return;
    this.answering = openAnswers(batch, models);
    if (!this.answering) this.skipped.push(NO_ANSWERS);
  }

  private comparesAnswers(): boolean {
    const { task, metrics, intervals } = this.settings;
    const isAsked = intervals !== null && (metrics === undefined || metrics.includes('agreement'));
    return isAsked && isRanked(task?.task ?? null);
  }

  private checkShapes(outputs: HostTensors, reference: HostTensors): void {
    for (const [name, expected] of Object.entries(reference)) {
      const got = outputs[name];
      if (got && String(got.dims) === String(expected.dims)) continue;
      if (!got || !this.followsData(name, got, expected))
        throw new OutputMismatchError(
          name,
          `[${expected.dims}] as from the baseline`,
          got ? `[${got.dims}]` : 'no such output',
        );
      this.apart.add(name);
    }
  }

  /** As after non-maximum suppression: the model names no size for the axes that differ. */
  private followsData(name: string, got: HostTensor, expected: HostTensor): boolean {
    const declared = this.models[0]?.outputs?.find((output) => output.name === name)?.dims;
    if (!declared || got.dims.length !== expected.dims.length) return false;
    return expected.dims.every((dim, axis) => dim === got.dims[axis] || !isFixed(declared[axis]));
  }

  result(): ScoreResult {
    const { intervals } = this.settings;
    const outputs = this.comparisons.map((comparison) => comparison.qualities());
    const ofTask = this.task?.result(intervals) ?? [];
    const answers = this.comparesAnswers() ? (this.task?.answers() ?? this.answering?.answers() ?? null) : null;
    const measured = [...ofTask, ...(answers ? [agreementOf(answers, intervals)] : [])];
    const noise = intervals ? this.noise(intervals) : null;
    return {
      scores: this.models.map((_, model) => ({
        ...figuresOf(measured, model),
        ...snrsOf(outputs[model] ?? []),
        ...intervalsOf([...measured, ...(noise && model > 0 ? [noise] : [])], model),
        ...this.custom.of(model, intervals),
      })),
      scoreOutput: this.task?.output ?? null,
      samples: this.samples,
      outputs,
      skipped: [
        ...this.skipped,
        ...reasonsOf([...measured, ...(noise ? [noise] : [])]),
        ...this.custom.skipped(intervals),
        ...[...this.apart].map(notCompared),
      ],
      details: this.task?.details() ?? this.models.map(() => ({})),
    };
  }

  /** The interval of the ratio of signal to noise; that of identical outputs has none. */
  private noise(settings: IntervalSettings): Measured {
    const evidences = this.comparisons.map((comparison) => comparison.sampleNoise());
    const isWhole = evidences.every((outputs) => outputs.every(({ signal }) => signal.length === this.samples));
    if (!isWhole) return { metric: 'outputSnrDb', figures: [], skipped: [NO_SAMPLES] };
    const measured = measureQuality('outputSnrDb', snrOfSamples, evidences, settings);
    return { ...measured, figures: measured.figures.map(withoutChange) };
  }
}

const NO_ANSWERS = {
  node: 'agreement',
  reason: 'not measured: no output has scores of two classes or more, [batch, classes]',
};

const NO_SAMPLES = { node: 'outputSnrDb', reason: 'no interval: the first axis of an output is not that of samples' };

const isFixed = (dim: number | string | undefined) => typeof dim === 'number' && dim >= 0;

function notCompared(output: string): Skipped {
  return { node: output, reason: 'not compared with the baseline: the shape of this output follows from the data' };
}

function withoutChange(figure: Measured['figures'][number]): Measured['figures'][number] {
  if (!figure?.interval) return figure;
  const { change: _, ...interval } = figure.interval;
  return { ...figure, interval };
}

function figuresOf(measured: readonly Measured[], model: number): Scores {
  return Object.fromEntries(
    measured.flatMap(({ metric, figures }) => {
      const figure = figures[model];
      return figure ? [[metric, figure.value]] : [];
    }),
  ) as Scores;
}

function intervalsOf(measured: readonly Measured[], model: number): Pick<Scores, 'intervals'> {
  const found = measured.flatMap(({ metric, figures }): [MetricName, QualityInterval][] => {
    const interval = figures[model]?.interval;
    return interval ? [[metric, interval]] : [];
  });
  return found.length === 0 ? {} : { intervals: Object.fromEntries(found) };
}

function snrsOf(outputs: readonly OutputQuality[]): Pick<Scores, 'outputSnrDb' | 'worstSnrDb'> {
  const [outputSnrDb, worst] = [combinedSnrDb(outputs), worstOutput(outputs)];
  const overall = outputSnrDb === undefined ? {} : { outputSnrDb };
  const ofWorst = worst === undefined ? {} : { worstSnrDb: worst && worst.snrDb };
  return { ...overall, ...ofWorst };
}
