import {
  chosenTask,
  hasLabelsFor,
  metricFacts,
  taskProblems,
  type DatasetInspection,
  type EvaluateOptions,
  type LabelForm,
} from '#contracts';
import type { Dataset } from '#datasets';
import { taskProblem, type ScoreResult, type ScoreSettings, type TaskSettings } from '#evaluation';
import type { ModelProto } from '#onnx';
import { CompressionError } from '../../errors.js';
import { outputsOnZeros } from '../../outputs-on-zeros.js';
import type { Obstacle } from '../../pass.js';

/** The labels that a data set has. */
export function labelForm({ classes, targetDims, manifest }: Dataset): LabelForm {
  const targets = targetDims ? { targets: [...targetDims] } : {};
  return { classes, ...targets, ...(manifest.labels?.boxes ? { boxes: true } : {}) };
}

/** What is asked of the models. Throws CompressionError where the data set cannot tell what the options name. */
export function scoreSettings(data: Dataset, options: EvaluateOptions): ScoreSettings {
  const labels = labelForm(data);
  const [problem] = taskProblems(options, labels);
  if (problem) throw new CompressionError('evaluate_task', problem.message);
  const { confidence, resamples, metrics } = options;
  const isAsked = metrics?.some((name) => metricFacts(name).task !== undefined) ?? false;
  return {
    task: taskSettings(options, labels),
    required: options.task !== undefined || isAsked,
    metrics,
    intervals: { confidence, resamples },
  };
}

/** Throws CompressionError where a figure that was asked for could not be had, with the reason. */
export function checkAsked({ scores, skipped }: ScoreResult, { metrics = [] }: EvaluateOptions): void {
  for (const name of metrics) {
    if (scores.some((score) => score[name as keyof typeof score] !== undefined)) continue;
    const reason = skipped.find(({ node }) => node === name)?.reason ?? 'no output tells of it';
    throw new CompressionError('evaluate_metric', `${name} was asked for and could not be measured: ${reason}`);
  }
}

/** Why the outputs of the model, run on samples of the shape of the data set's, are not what the task reads. */
export async function taskTrial(
  model: ModelProto,
  options: EvaluateOptions,
  data: DatasetInspection | null,
): Promise<Obstacle[]> {
  if (!data) return [];
  const problems = taskProblems(options, data);
  const settings = taskSettings(options, data);
  // What was not asked for is left out with a reason when the model is measured.
  if (problems.length > 0 || settings === null || options.task === undefined) return problems;
  const tried = await outputsOnZeros(model, data);
  const problem = tried && taskProblem(settings, { ...tried, reference: tried.outputs, labels: null, targets: null });
  return problem === null ? [] : [{ field: 'task', message: problem }];
}

function taskSettings(options: EvaluateOptions, labels: LabelForm): TaskSettings | null {
  const task = chosenTask(options, labels);
  if (task === null || !(hasLabelsFor(task, labels) || task === 'embedding')) return null;
  return { task, classes: labels.classes, targets: labels.targets ?? null, options };
}
