import { metricsOfTask, type MetricName, type Skipped, type TaskName } from '#contracts';
import { EvaluationError } from './errors.js';
import { measureQuality, type IntervalSettings, type Measured } from './quality.js';
import { agreement, answerCollector, answeringOutput } from './tasks/agreement/evidence.js';
import type { Collector, Measure, TaskBatch, TaskSettings } from './tasks/task.js';
import { measuresFor, READERS, type Evidences } from './tasks/tasks.js';

/** What is read of the answers of several models, the baseline first. */
export interface Scoring {
  /** The output that the task reads; null where only answers are compared. */
  output: string | null;
  add(model: number, batch: TaskBatch): void;
  result(settings: IntervalSettings | null): Measured[];
  /** Of each model, what stands beside its figures. */
  details(): Record<string, unknown>[];
  /** Of each model its answers, where they are equal to another's or not; null where nothing tells. */
  answers(): Int32Array[] | null;
}

/**
 * Begins to read `models` models for a task. Throws TaskOutputError where the baseline's first batch is not what it
 * reads.
 */
export function openTask<T extends TaskName>(
  settings: TaskSettings & { task: T },
  first: TaskBatch,
  { models, metrics }: { models: number; metrics?: readonly MetricName[] | undefined },
): Scoring {
  const reader = READERS[settings.task];
  const { output, collector } = reader.open(first, settings);
  const collectors: Collector<Evidences[T]>[] = Array.from({ length: models }, collector);
  const measures: Partial<Record<MetricName, Measure<Evidences[T]>>> = measuresFor(settings.task, settings.options);
  const wanted = metrics ?? metricsOfTask(settings.task);
  return {
    output,
    add: (model, batch) => collectors[model]?.add(batch),
    result(interval) {
      const evidences = collectors.map((one) => one.evidence());
      return wanted.flatMap((metric) => {
        const measure = measures[metric];
        return measure ? [measureQuality(metric, measure, evidences, interval)] : [];
      });
    },
    details: () => collectors.map((one) => reader.details?.(one.evidence()) ?? {}),
    answers: () => {
      const { answers } = reader;
      return answers ? collectors.map((one) => answers(one.evidence())) : null;
    },
  };
}

/** Answers of models of which no task is known. */
export interface Answering {
  add(model: number, batch: TaskBatch): void;
  answers(): Int32Array[];
}

/** Begins to read answers without a task: entries of the highest score. Null where no output tells of them. */
export function openAnswers(first: TaskBatch, models: number): Answering | null {
  const chosen = answeringOutput(first);
  if (chosen === null) return null;
  const collectors = Array.from({ length: models }, () => answerCollector(chosen));
  return {
    add: (model, batch) => collectors[model]?.add(batch),
    answers: () => collectors.map((one) => one.evidence()),
  };
}

/** How often each model answers as the baseline, the first, does. */
export function agreementOf(answers: readonly Int32Array[], interval: IntervalSettings | null): Measured {
  const [exact = new Int32Array(0)] = answers;
  const evidences = answers.map((own) => ({ own, exact }));
  return measureQuality('agreement', agreement, evidences, interval);
}

/** Every reason that the figures give for what is missing, each once. */
export function reasonsOf(measured: readonly Measured[]): Skipped[] {
  return measured.flatMap(({ skipped }) => skipped);
}

/** Why a task cannot read these outputs of the baseline; null where it can. */
export function taskProblem(settings: TaskSettings, batch: TaskBatch): string | null {
  try {
    READERS[settings.task].open(batch, settings);
    return null;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return error.message;
  }
}
