import type { Assignment, Preflight, Recipe, TrialOrigin } from '#contracts';
import { sentenceOf } from '#contracts';
import type { SweepPlan } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';

/** A trial that is to be begun: with its job, or with the reason why its assignment makes no valid recipe. */
export type TrialToBegin = { assignment: Assignment; origin: TrialOrigin } & (
  | {
      job: {
        name: string | null;
        modelId: string;
        datasetId: string | null;
        usedModels: string[];
        recipe: Recipe;
        preflight: Preflight;
        stages: { pass: string; options: Record<string, unknown> }[];
      };
    }
  | { job: null; reason: string }
);

/**
 * The trial of an assignment. Its job's preflight is the sweep's, which tells what passes leave alone once for all
 * trials.
 */
export function newTrialOf(
  plan: SweepPlan,
  { modelId, datasetId }: { modelId: string; datasetId: string | null },
  assignment: Assignment,
  origin: TrialOrigin,
): TrialToBegin {
  const made = trialRecipe(plan, assignment);
  if ('problems' in made) return { assignment, origin, job: null, reason: sentenceOf(made.problems) };
  const { recipe, stages } = made;
  const job = {
    name: null,
    modelId,
    datasetId,
    usedModels: stages.flatMap(({ reads }) => reads.models.map(({ digest }) => digest)),
    recipe,
    preflight: { problems: [], skipped: [] },
    stages: stages.map(({ pass, options }) => ({ pass, options })),
  };
  return { assignment, origin, job };
}
