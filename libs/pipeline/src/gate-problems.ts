import {
  chosenTask,
  EvaluateOptions,
  hasLabelsFor,
  isRanked,
  metricFacts,
  metricsOfTask,
  PASSES,
  TASKS,
  type LabelForm,
  type MetricName,
  type Recipe,
  type RecipeStep,
} from '#contracts';
import type { RecipeProblem } from './errors.js';
import { isPassName } from './plan.js';

/** Top-5 says nothing of so many classes. */
const FIVE = 5;

/**
 * Gates over figures that nobody would measure on the final model: found before a job is accepted, not at its end. Without `labels` only what
 * the recipe alone tells.
 */
export function gateProblems({ passes, gates }: Pick<Recipe, 'passes' | 'gates'>, labels?: LabelForm): RecipeProblem[] {
  const measuredAt = passes.findLastIndex(({ pass }) => pass === 'evaluate');
  const changedAt = passes.findLastIndex(({ pass }) => isPassName(pass) && PASSES[pass].changes);
  return gates.flatMap(({ metric }, index) => {
    const field = `gates[${index}].metric`;
    if (metricFacts(metric).source === 'file') return [];
    const step = passes[measuredAt];
    if (!step) return [{ field, message: `nothing measures ${metric}: add an evaluate pass` }];
    const unmeasured = notMeasured(metric, step, labels);
    if (unmeasured) return [{ field, message: unmeasured }];
    if (measuredAt < changedAt)
      return [
        {
          field,
          message: `${metric} is measured before the model changes for the last time: move evaluate behind passes[${changedAt}]`,
        },
      ];
    return [];
  });
}

/** Why an evaluate pass will not measure a figure; null where it will, or where that is not known. */
function notMeasured(metric: MetricName, { options }: RecipeStep, labels: LabelForm | undefined): string | null {
  const { task: own, source } = metricFacts(metric);
  const parsed = EvaluateOptions.safeParse(options);
  if (!parsed.success || (source !== 'labels' && source !== 'outputs')) return null;
  const { metrics } = parsed.data;
  // Noise is always measured; a choice of metrics is one among those of the task.
  if (metrics && !metrics.includes(metric) && (own || metric === 'agreement'))
    return `${metric} is not among the metrics of evaluate: add it there`;
  if (metric === 'agreement' && labels && !isRanked(chosenTask(parsed.data, labels)))
    return `agreement is of answers that are classes: choose one of ${metricsOfTask(chosenTask(parsed.data, labels)).join(', ')}`;
  if (!own) return null;
  if (source === 'labels' && labels && !hasLabelsFor(own, labels))
    return `${metric} needs labels, which the data set does not have: ${TASKS[own].form}`;
  const task = labels ? chosenTask(parsed.data, labels) : (parsed.data.task ?? own);
  if (task !== own)
    return `${metric} is a figure of the task ${own}, and evaluate measures ${task ?? 'none'}: ${otherwise(own, task)}`;
  return metric === 'top5' && labels?.classes && labels.classes <= FIVE
    ? `top5 says nothing of ${labels.classes} classes: take top1`
    : null;
}

function otherwise(own: string, task: ReturnType<typeof chosenTask>): string {
  const others = metricsOfTask(task).join(', ');
  return `set its task to ${own}, or choose one of ${others}`;
}
