import type { EvaluateOptions, TaskName } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import type { Statistic } from '../intervals/bootstrap.js';

/** A batch of samples with what the baseline and one model answered. */
export interface TaskBatch {
  inputs: HostTensors;
  outputs: HostTensors;
  /** The baseline's outputs. */
  reference: HostTensors;
  /** Class numbers. */
  labels: Int32Array | null;
  /** Numbers, in rows of one sample each. */
  targets: HostTensor | null;
  size: number;
}

/** What decides how outputs are read. */
export interface TaskSettings {
  task: TaskName;
  /** Number of classes of the labels; null where they are none. */
  classes: number | null;
  /** Shape of one sample's numbers; null where the labels are none. */
  targets: readonly number[] | null;
  options: TaskOptions;
}

/** The options of evaluate that say how a task reads what. */
export type TaskOptions = Pick<
  EvaluateOptions,
  'readOutput' | 'classification' | 'detection' | 'segmentation' | 'sequence' | 'wakeWord' | 'anomaly'
>;

/** Keeps what the figures of one model need of its answers, sample by sample. */
export interface Collector<Evidence> {
  add(batch: TaskBatch): void;
  evidence(): Evidence;
}

/** How a task reads models. */
export interface TaskReader<Evidence> {
  /**
   * What reads every model, decided by the baseline's outputs for the first batch. Throws TaskOutputError where they
   * are not what the task reads.
   */
  open(first: TaskBatch, settings: TaskSettings): { output: string; collector(): Collector<Evidence> };
  /** The answer to each sample as a number, where answers of two models are equal or not; below 0 for none. */
  answers?(evidence: Evidence): Int32Array;
  /** What stands beside the figures in the report, such as a confusion matrix. */
  details?(evidence: Evidence): Record<string, unknown>;
}

/** A figure that is the share of samples of which something holds: its interval has a closed form. */
export interface Share<Evidence> {
  kind: 'share';
  /** Of each sample 1 where it holds, 0 where not, -1 where the sample is none of those that count. */
  hits(evidence: Evidence): Int8Array;
  /** What a share of 1 is, in the unit of the figure; 1 by default. */
  whole?(evidence: Evidence): number;
  missing?(evidence: Evidence): string | null;
}

/** Any other figure: its interval comes from resamples. */
export interface Resampled<Evidence> {
  kind: 'resampled';
  samples(evidence: Evidence): number;
  /** What computing it once takes, in additions or the like. */
  work(evidence: Evidence): number;
  /** Does once what resamples share, such as sorting. */
  prepare(evidence: Evidence): Statistic;
  /** Why the figure cannot be had of these samples; null where it can. */
  missing?(evidence: Evidence): string | null;
}

export type Measure<Evidence> = Share<Evidence> | Resampled<Evidence>;
