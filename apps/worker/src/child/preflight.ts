import { CompressionError, OptionError, type Obstacle } from '#compression';
import {
  missingLabels,
  PASSES,
  TUNING_OPTIONS,
  type DatasetInspection,
  type PassName,
  type Preflight,
  type PreflightRequest,
} from '#contracts';
import { matchInputs } from '#datasets';
import { inspectModel, loadModel, type ModelProto } from '#onnx';
import { runProblem } from './run-problem.js';
import { modelsNamed, needsOf, obstaclesBehind, obstaclesOf, passNamed, preflightPass, trialOf } from './run-pass.js';

type Problem = Preflight['problems'][number];

/**
 * Checks recipes on a model without running them: does the data fit, and what would each pass leave alone in the model
 * as it is now.
 */
export async function preflight({ modelPath, dataset, recipes, models }: PreflightRequest): Promise<Preflight[]> {
  const model = await loadModel(modelPath, { alone: true });
  const problems = dataset ? matchInputs(dataset, inspectModel(model).inputs) : [];
  if (dataset && problems.length === 0) problems.push(...(await unrunnable(model, dataset)));
  const load = async ({ path, digest }: { path: string; digest: string }): Promise<[string, ModelProto]> => {
    const model = await loadModel(path, { alone: true });
    return [digest, model];
  };
  const stored = new Map(await Promise.all(models.map(load)));
  const trials = problems.length === 0 ? new Trials({ model, dataset, stored }) : null;
  const found: Preflight[] = [];
  for (const passes of recipes) found.push(await preflightRecipe(passes, { model, dataset, stored }, trials));
  return found.map((preflight) => ({ ...preflight, problems: [...problems, ...preflight.problems] }));
}

/** Told before a worker takes the job: each of its stages would fail with it. */
async function unrunnable(model: ModelProto, dataset: DatasetInspection): Promise<Problem[]> {
  const message = await runProblem(model, dataset);
  return message === null ? [] : [{ field: 'model', message }];
}

/** Trials of the passes, each made once however many recipes of a batch ask for the same. */
class Trials {
  private readonly made = new Map<string, Promise<Obstacle[]>>();

  constructor(private readonly subject: Subject) {}

  of(name: PassName, options: unknown): Promise<Obstacle[]> {
    const { model, dataset, stored } = this.subject;
    const untuned = (field: string, value: unknown) => (TUNING_OPTIONS.has(field) ? undefined : value);
    const key = JSON.stringify([name, options], untuned);
    const known = this.made.get(key) ?? trialOf(name, model, options, { models: stored, data: dataset });
    this.made.set(key, known);
    return known;
  }
}

interface Subject {
  model: ModelProto;
  dataset: DatasetInspection | null;
  stored: ReadonlyMap<string, ModelProto>;
}

async function preflightRecipe(
  passes: PreflightRequest['recipes'][number],
  { model, dataset, stored }: Subject,
  trials: Trials | null,
): Promise<Preflight> {
  const problems: Problem[] = [];
  const skipped: Preflight['skipped'] = [];
  // Later passes see another model than this one, and what they speak of may come with it.
  let isInput = true;
  for (const [index, { pass, options }] of passes.entries()) {
    const name = passNamed(pass);
    problems.push(
      ...dataProblems(name, options, index, dataset),
      ...labelProblems(name, options, index, dataset),
      ...axisProblems(name, options, index, dataset),
      ...modelProblems(name, options, index, dataset, stored),
    );
    const inTheWay = [
      ...obstaclesOf(name, model, options, stored),
      ...obstaclesBehind(name, options, passes.slice(0, index)),
    ];
    // Nothing is run that is refused already.
    if (trials && problems.length === 0 && inTheWay.length === 0) inTheWay.push(...(await trials.of(name, options)));
    const place = `recipe.passes[${index}]`;
    const placeOf = (field: string) => (field ? `${place}.options.${field}` : place);
    problems.push(...inTheWay.map(({ field, message }) => ({ field: placeOf(field), message })));
    try {
      const left = preflightPass(name, model, options);
      skipped.push(...left.map((entry) => ({ ...entry, pass: name })));
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      const field =
        error instanceof OptionError ? `recipe.passes[${index}].options.${error.option}` : `recipe.passes[${index}]`;
      if (isInput) problems.push({ field, message: error.message });
    }
    isInput &&= !PASSES[name].changes;
  }
  return { problems, skipped };
}

/** Models of the store that the data set cannot feed. */
function modelProblems(
  pass: PassName,
  options: unknown,
  index: number,
  dataset: DatasetInspection | null,
  stored: ReadonlyMap<string, ModelProto>,
): Problem[] {
  if (!dataset) return [];
  return modelsNamed(pass, options).flatMap(({ field, digest }) => {
    const model = stored.get(digest);
    const problems = model ? matchInputs(dataset, inspectModel(model).inputs) : [];
    return problems.map(({ message }) => ({ field: `recipe.passes[${index}].options.${field}`, message }));
  });
}

/** Labels that a pass goes by and the data set does not have. */
function labelProblems(pass: PassName, options: unknown, index: number, dataset: DatasetInspection | null): Problem[] {
  const { labels } = needsOf(pass, options);
  if (!labels || !dataset) return [];
  const has = { classes: dataset.classes !== null, numbers: dataset.targets !== undefined };
  if (has[labels.kind]) return [];
  const chosen = (PASSES[pass].options.parse(options) as Record<string, unknown>)[labels.option];
  return [{ field: `recipe.passes[${index}].options.${labels.option}`, message: missingLabels(labels, chosen) }];
}

/** Inputs whose samples do not lie along the first axis, where a pass has to pick samples. */
function axisProblems(pass: PassName, options: unknown, index: number, dataset: DatasetInspection | null): Problem[] {
  if (!dataset || !needsOf(pass, options).batchFirst) return [];
  const others = Object.entries(dataset.inputs).filter(([, { batchAxis }]) => batchAxis !== undefined);
  if (others.length === 0) return [];
  const names = others.map(([name]) => `"${name}"`).join(', ');
  const message = `${pass} learns from samples along the first axis, and ${names} of the data set has none there: quantize, analyze and evaluate take it`;
  return [{ field: `recipe.passes[${index}]`, message }];
}

function dataProblems(pass: PassName, options: unknown, index: number, dataset: DatasetInspection | null): Problem[] {
  const wanted = needsOf(pass, options).splits;
  if (wanted.length === 0 || wanted.some((split) => dataset && split in dataset.splits)) return [];
  const field = `recipe.passes[${index}]`;
  if (!dataset) return [{ field, message: `${pass} reads data, and the job names no data set: add one` }];
  const needs = wanted.map((split) => `"${split}"`).join(' or ');
  const has = Object.keys(dataset.splits).join(', ');
  return [{ field, message: `${pass} needs a split ${needs}, the data set has ${has}` }];
}
