import {
  chosenTask,
  EvaluateOptions,
  hasLabelsFor,
  isRanked,
  metricFacts,
  metricsOfTask,
  PASSES,
  TASKS,
  type Gate,
  type LabelForm,
  type MetricName,
  type Recipe,
  type RecipeGate,
  type RecipeStep,
} from '#contracts';
import { customProblem } from './custom-gate-problem.js';
import { deviceGateProblem } from './devices/device-gate-problem.js';
import type { RecipeProblem } from './errors.js';
import { contradictionProblems } from './gate-contradictions.js';
import { isPassName } from './plan.js';

/** Top-5 says nothing of so many classes. */
const FIVE = 5;

/**
 * Gates over figures that nobody would measure on the final model: found before a job is accepted, not at its end.
 * Without `labels` only what the recipe alone tells.
 */
export function gateProblems({ passes, gates }: Pick<Recipe, 'passes' | 'gates'>, labels?: LabelForm): RecipeProblem[] {
  const measuredAt = passes.findLastIndex(({ pass }) => pass === 'evaluate');
  const changedAt = passes.findLastIndex(({ pass }) => isPassName(pass) && PASSES[pass].changes);
  const ofJob = gates.flatMap((gate, index): RecipeProblem[] => {
    const place = `gates[${index}]`;
    if ('device' in gate) return placed(deviceGateProblem(gate, passes, changedAt), place);
    const problems = problemsOf(gate, passes[measuredAt], labels, place);
    if (problems.length > 0 || isOfFile(gate) || measuredAt > changedAt) return problems;
    const what = 'custom' in gate ? gate.custom : gate.metric;
    const message = `${what} is measured before the model changes for the last time: move evaluate behind passes[${changedAt}]`;
    return [{ field: `${place}.${'custom' in gate ? 'custom' : 'metric'}`, message }];
  });
  return [
    ...contradictionProblems(gates, 'gates'),
    ...ofJob,
    ...passes.flatMap((step, index) => stepProblems(step, `passes[${index}]`, labels)),
  ];
}

/** Gates of a step are judged when it ends: over what its pass measures, and the file that it makes. */
function stepProblems(step: RecipeStep, place: string, labels: LabelForm | undefined): RecipeProblem[] {
  const measuring = step.pass === 'evaluate' ? step : undefined;
  const { gates = [] } = step;
  const ofEach = gates.flatMap((gate, index) => {
    const at = `${place}.gates[${index}]`;
    if ('device' in gate) return [{ field: `${at}.device`, message: LATE }];
    if (measuring || isOfFile(gate)) return problemsOf(gate, measuring, labels, at);
    const [field, what] = 'custom' in gate ? ['custom', gate.custom] : ['metric', gate.metric];
    const message = `${step.pass} does not measure ${what}: put the gate at an evaluate pass behind it`;
    return [{ field: `${at}.${field}`, message }];
  });
  return [...contradictionProblems(gates, `${place}.gates`), ...ofEach];
}

const LATE =
  'no step waits for devices: put the gate in the gates of the recipe, which are judged when all have answered';

type FigureGate = Exclude<RecipeGate, { device: unknown }>;

const isOfFile = (gate: FigureGate): boolean => 'metric' in gate && metricFacts(gate.metric).source === 'file';

const placed = (problem: RecipeProblem | null, place: string): RecipeProblem[] =>
  problem === null ? [] : [{ field: `${place}.${problem.field}`, message: problem.message }];

/** What is wrong with one gate, where `step` is the evaluate pass that it goes by. */
function problemsOf(
  gate: FigureGate,
  step: RecipeStep | undefined,
  labels: LabelForm | undefined,
  place: string,
): RecipeProblem[] {
  if ('custom' in gate) return placed(customProblem(gate, step), place);
  const { metric } = gate;
  const strange = strangeBound(gate, step);
  if (strange) return [{ field: `${place}.${strange.field}`, message: strange.message }];
  if (metricFacts(metric).source === 'file') return [];
  if (!step) return [{ field: `${place}.metric`, message: `nothing measures ${metric}: add an evaluate pass` }];
  const message = notMeasured(metric, step, labels);
  return message === null ? [] : [{ field: `${place}.metric`, message }];
}

/** Bounds that would never hold back what they seem to, and levels of confidence that no figure has. */
function strangeBound(gate: Gate, step: RecipeStep | undefined): { field: string; message: string } | null {
  const { metric, maxDrop, maxRise, confidence } = gate;
  const { better, source } = metricFacts(metric);
  if (maxDrop !== undefined && better === 'lower')
    return { field: 'maxDrop', message: `of ${metric} lower is better, so a drop is no loss: say maxRise` };
  if (maxRise !== undefined && better === 'higher')
    return { field: 'maxRise', message: `of ${metric} higher is better, so a rise is no loss: say maxDrop` };
  if (confidence === undefined) return null;
  if (source === 'clock')
    return {
      field: 'confidence',
      message: `${metric} is judged by its own interval with maxRatio: leave confidence out`,
    };
  if (source === 'file' || source === 'channels')
    return { field: 'confidence', message: `${metric} has no interval: leave confidence out` };
  if (metric === 'outputSnrDb' && maxDrop !== undefined)
    return { field: 'confidence', message: 'the baseline has no noise to drop from: give min with a confidence' };
  const parsed = EvaluateOptions.safeParse(step?.options ?? {});
  const level = parsed.data?.confidence;
  return level === undefined || level === confidence
    ? null
    : {
        field: 'confidence',
        message: `evaluate measures intervals at ${level}: give its option confidence ${confidence} as well`,
      };
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
