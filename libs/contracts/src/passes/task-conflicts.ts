import type { z } from 'zod';
import { metricFacts, METRIC_NAMES, type MetricName } from '../metric-table.js';
import { taskFacts, TASKS, type TaskName } from '../tasks.js';
import type { DetectionOptions } from './task-options.js';

/** Options that belong to one task. */
const OPTIONS_OF = ['classification', 'detection', 'segmentation', 'sequence', 'wakeWord', 'anomaly'] as const;

/** What the conflicts look at, of the options of evaluate. */
type Chosen = { readonly [N in (typeof OPTIONS_OF)[number]]?: unknown } & {
  devices?: unknown;
  benchmark?: unknown;
  deviceInputs?: unknown;
  task?: TaskName | undefined;
  metrics?: readonly MetricName[] | undefined;
  readOutput?: string | undefined;
  custom?: readonly { name: string }[] | undefined;
  detection?: DetectionOptions | undefined;
};

/** The figures of quality that evaluate can measure for a task; those of any task where it is not known. */
export function metricsOfTask(task: TaskName | null): MetricName[] {
  return METRIC_NAMES.filter((name) => {
    const { task: own, source } = metricFacts(name);
    if (name === 'agreement') return isRanked(task);
    return source === 'outputs' ? own === undefined || own === task : source === 'labels' && own === task;
  });
}

/** Whether answers are entries of scores, as they are taken to be where no task is known. */
export function isRanked(task: TaskName | null): boolean {
  return task === null || taskFacts(task).ranks === true;
}

/** Options of evaluate that would be ignored, or cannot be had together. */
export function taskConflicts(options: Chosen): { path: (string | number)[]; message: string }[] {
  return [
    ...strangeOptions(options),
    ...strangeMetrics(options),
    ...missingOptions(options),
    ...idleBenchmark(options),
    ...sameNames(options),
  ];
}

/** Settings that no device would read. */
function idleBenchmark({ devices, ...options }: Chosen): ReturnType<typeof taskConflicts> {
  if (devices !== undefined) return [];
  const idle = (['benchmark', 'deviceInputs'] as const).filter((name) => options[name] !== undefined);
  const words = (name: string) => `no device measures: name some in devices, or leave ${name} out`;
  return idle.map((name) => ({ path: [name], message: words(name) }));
}

export function refuseTaskConflicts(options: Chosen, context: z.RefinementCtx): void {
  for (const { path, message } of taskConflicts(options)) context.addIssue({ code: 'custom', path, message });
}

function strangeOptions(options: Chosen): ReturnType<typeof taskConflicts> {
  return OPTIONS_OF.filter((name) => options[name] !== undefined && options.task !== name).map((name) => ({
    path: [name],
    message:
      options.task === undefined
        ? `these options are read for the task ${name} alone: say task: ${name}, or leave them out`
        : `these options are not read for the task ${options.task}: leave them out`,
  }));
}

function sameNames({ custom = [] }: Chosen): ReturnType<typeof taskConflicts> {
  const names = custom.map(({ name }) => name);
  const isRepeated = (name: string, index: number) => names.indexOf(name) < index;
  return names.flatMap((name, index) => {
    const message = `there is a metric "${name}" already`;
    return isRepeated(name, index) ? [{ path: ['custom', index, 'name'], message }] : [];
  });
}

function strangeMetrics({ task, metrics = [] }: Chosen): ReturnType<typeof taskConflicts> {
  return metrics.flatMap((name, index) => {
    const { source, task: own } = metricFacts(name);
    const path = ['metrics', index];
    if (source !== 'labels' && source !== 'outputs')
      return [{ path, message: `${name} is always measured: leave it out` }];
    if (name === 'agreement' && task !== undefined && !isRanked(task))
      return [{ path, message: `the answers of ${task} are not told equal or not: leave agreement out` }];
    if (task === undefined || own === undefined || own === task) return [];
    return [{ path, message: `${name} is a figure of the task ${own}, and the task is ${task}: choose one of them` }];
  });
}

function missingOptions({ task, detection, wakeWord, readOutput }: Chosen): ReturnType<typeof taskConflicts> {
  if (task === 'wakeWord' && !wakeWord)
    return [
      {
        path: ['wakeWord'],
        message: 'say how many seconds of audio a sample stands for, as in wakeWord: { seconds: 2 }',
      },
    ];
  if (task === 'detection' && readOutput !== undefined)
    return [{ path: ['readOutput'], message: 'the outputs of a detector are named in detection: boxes and scores' }];
  if (task !== 'detection' || !detection) return [];
  const { head, priors, regions, softmax, sigmoid } = detection;
  if (softmax && sigmoid)
    return [
      {
        path: ['detection', 'sigmoid'],
        message: 'scores are made probabilities of by softmax or by sigmoid, not both',
      },
    ];
  if (head !== 'map' && regions)
    return [{ path: ['detection', 'regions'], message: `only the head map reads regions, and the head is ${head}` }];
  if (head === 'ssd' && !priors)
    return [{ path: ['detection', 'priors'], message: `${TASKS.detection.label} by the head ssd needs priors` }];
  if (head !== 'ssd' && priors)
    return [{ path: ['detection', 'priors'], message: `only the head ssd reads priors, and the head is ${head}` }];
  if (!priors || priors.sizes.length === priors.strides.length) return [];
  const message = `there are ${priors.strides.length} strides and ${priors.sizes.length} lists of sizes: one per stride`;
  return [{ path: ['detection', 'priors', 'sizes'], message }];
}
