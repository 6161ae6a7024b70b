import { EvaluateOptions, fieldProblems, schemaKeys, type Recipe, type SweepDocument } from '#contracts';
import { SweepError, type RecipeProblem } from '../errors.js';
import { tryPlan, type PlannedStage } from '../plan.js';

/** Trials that are measured once more at most: the more are, the less unseen the samples are. */
export const VERIFIED_AT_MOST = 3;

/**
 * The recipe of a trial with its last evaluation as the sweep's `verify` says; what that leaves out stays, but for the
 * number of samples.
 */
export function verifyingRecipe(recipe: Recipe, verify: Readonly<Record<string, unknown>>): Recipe {
  const at = recipe.passes.findLastIndex(({ pass }) => pass === 'evaluate');
  const passes = recipe.passes.map((step, index) => {
    if (index !== at) return step;
    const { samples: _samples, ...options } = step.options;
    return { ...step, options: { ...options, ...verify } };
  });
  return { ...recipe, passes };
}

/**
 * The stages by which a trial of these would be verified. Throws SweepError where the two evaluations do not go
 * together.
 */
export function verifyingStages(
  trial: readonly PlannedStage[],
  verify: Readonly<Record<string, unknown>>,
): PlannedStage[] {
  const passes = trial.map(({ pass, options }) => ({ pass, options }));
  const { stages, problems } = tryPlan(verifyingRecipe({ passes, gates: [], seed: 0 }, verify).passes);
  if (problems.length > 0)
    throw new SweepError(problems.map(({ field, message }) => ({ field: verifyField(field), message })));
  return stages;
}

/** Where in the document an option of a verifying evaluation stands. */
export const verifyField = (field: string): string => field.replace(/^(recipe\.)?passes\[\d+\](\.options)?/, 'verify');

/**
 * What keeps the best trial from being verified as the document says. Whether its options go together is told by those
 * of the trial that they are laid over, in `verifyingStages`: `benchmark` alone asks no device.
 */
export function verifyProblems({ verify, passes }: Pick<SweepDocument, 'verify' | 'passes'>): RecipeProblem[] {
  if (!verify) return [];
  if (!passes.some(({ pass }) => pass === 'evaluate'))
    return [{ field: 'verify', message: 'it measures with evaluate: add an evaluate pass' }];
  const parsed = EvaluateOptions.safeParse(verify);
  const malformed = parsed.success ? [] : parsed.error.issues.filter(({ code }) => code !== 'custom');
  return fieldProblems(malformed, {
    prefix: 'verify',
    validKeys: (path) => schemaKeys(EvaluateOptions, path),
  });
}
