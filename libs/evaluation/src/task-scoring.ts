import { metricsOfTask, type MetricName, type Skipped, type TaskName } from '#contracts';
import { EvaluationError } from './errors.js';
import { measureQuality, type IntervalSettings, type Measured } from './quality.js';
import { agreement, agreementCollector, answeringOutput, type AgreementEvidence } from './tasks/agreement/evidence.js';
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
}

/** Begins to read `models` models for a task. Throws TaskOutputError where the baseline's first batch is not what it reads. */
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
  };
}

/** Compares answers with the baseline's; null where no output tells of them. `output` is that of the task. */
export function openAgreement(first: TaskBatch, output: string | null, models: number): Scoring | null {
  const chosen = answeringOutput(first, output);
  if (chosen === null) return null;
  const collectors: Collector<AgreementEvidence>[] = Array.from({ length: models }, () => agreementCollector(chosen));
  return {
    output: chosen,
    add: (model, batch) => collectors[model]?.add(batch),
    result: (interval) => {
      const evidences = collectors.map((one) => one.evidence());
      return [measureQuality('agreement', agreement, evidences, interval)];
    },
    details: () => collectors.map(() => ({})),
  };
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
