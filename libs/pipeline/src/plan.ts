import {
  fieldProblems,
  PASSES,
  schemaKeys,
  suggestion,
  told,
  type PassDescriptor,
  type PassName,
  type Reads,
  type Recipe,
  type RecipeStep,
} from '#contracts';
import { RecipeError, type RecipeProblem } from './errors.js';

/** A stage as it will run: options completed by their defaults. */
export interface PlannedStage {
  index: number;
  pass: PassName;
  version: number;
  options: Record<string, unknown>;
  /** What it reads under these options. */
  reads: Reads;
}

export const isPassName = (name: string): name is PassName => Object.hasOwn(PASSES, name);

/**
 * The stages of a recipe. Throws RecipeError for a pass or an option that does not exist, or a value that does not fit.
 */
export function planStages(recipe: Pick<Recipe, 'passes'>): PlannedStage[] {
  const { stages, problems } = tryPlan(recipe.passes);
  if (problems.length > 0) throw new RecipeError(problems);
  return stages;
}

export function tryPlan(steps: readonly RecipeStep[]): { stages: PlannedStage[]; problems: RecipeProblem[] } {
  const planned = steps.map(planStep);
  const stages = planned.flatMap((result) => ('stage' in result ? [result.stage] : []));
  const problems = planned.flatMap((result) => ('problems' in result ? result.problems : []));
  return { stages, problems };
}

function planStep(step: RecipeStep, index: number): { stage: PlannedStage } | { problems: RecipeProblem[] } {
  if (!isPassName(step.pass)) {
    const message = `there is no pass ${told(step.pass)}: ${suggestion(step.pass, Object.keys(PASSES))}`;
    return { problems: [{ field: `passes[${index}].pass`, message }] };
  }
  const { options, version, reads }: PassDescriptor = PASSES[step.pass];
  const parsed = options.safeParse(step.options);
  if (!parsed.success) {
    const validKeys = (path: PropertyKey[]) => schemaKeys(options, path);
    return { problems: fieldProblems(parsed.error.issues, { prefix: `passes[${index}].options`, validKeys }) };
  }
  return { stage: { index, pass: step.pass, version, options: parsed.data, reads: reads(parsed.data) } };
}
