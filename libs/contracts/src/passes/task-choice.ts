import { metricFacts, type MetricName } from '../metric-table.js';
import type { DatasetInspection } from '../stage-process.js';
import { TASKS, type TaskName } from '../tasks.js';
import type { EvaluateOptions } from './evaluate.js';

/** What of a data set decides which task it can tell of. */
export type LabelForm = Pick<DatasetInspection, 'classes' | 'targets' | 'boxes'>;

type Chosen = Pick<EvaluateOptions, 'task' | 'metrics'>;

/**
 * The task that evaluate measures: the one that the options name, else the one of labels of that kind; null without
 * labels.
 */
export function chosenTask(
  { task }: Pick<EvaluateOptions, 'task'>,
  { classes, targets, boxes }: LabelForm,
): TaskName | null {
  if (task !== undefined) return task;
  if (classes !== null) return 'classification';
  if (boxes) return 'detection';
  return targets === undefined ? null : 'regression';
}

/** Whether a data set has labels of the kind that a task reads. */
export function hasLabelsFor(task: TaskName, { classes, targets }: LabelForm): boolean {
  return TASKS[task].labels === 'classes' ? classes !== null : targets !== undefined;
}

/** Why the data set cannot tell what the options ask for; `field` is that of the options. */
export function taskProblems(options: Chosen, labels: LabelForm): { field: string; message: string }[] {
  const task = chosenTask(options, labels);
  const asked = options.metrics?.filter((name) => metricFacts(name).source === 'labels') ?? [];
  if (task === null) return asked.map((name) => needsLabels(name, labels));
  if (!hasLabelsFor(task, labels)) return labelProblems(task, asked, labels);
  const strange = asked.filter((name) => metricFacts(name).task !== task);
  return strange.map((name) => {
    const own = metricFacts(name).task ?? '';
    const message = `${name} is a figure of the task ${own}, and the labels are those of ${task}: say which task is meant`;
    return { field: 'metrics', message };
  });
}

/** An embedding is compared with the baseline without any labels. */
function labelProblems(
  task: TaskName,
  asked: readonly MetricName[],
  labels: LabelForm,
): ReturnType<typeof taskProblems> {
  if (task === 'embedding') return asked.map((name) => needsLabels(name, labels));
  return [{ field: 'task', message: `${task} ${wantedLabels(task)}, ${presentLabels(labels)}` }];
}

function needsLabels(name: MetricName, labels: LabelForm): { field: string; message: string } {
  const { task } = metricFacts(name);
  return {
    field: 'metrics',
    message: `${name} ${task ? wantedLabels(task) : 'needs labels'}, ${presentLabels(labels)}`,
  };
}

function wantedLabels(task: TaskName): string {
  const { labels, form } = TASKS[task];
  const kind = labels === 'classes' ? 'with classes in the manifest' : 'without classes in the manifest';
  return `needs labels ${kind} (${form})`;
}

function presentLabels({ classes, targets }: LabelForm): string {
  if (classes !== null) return `and the labels of the data set are those of ${classes} classes`;
  return targets === undefined
    ? 'which the data set does not have'
    : `and the labels of the data set are numbers [samples${targets.map((dim) => `, ${dim}`).join('')}]`;
}
