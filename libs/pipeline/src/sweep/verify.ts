import { EvaluateOptions, fieldProblems, schemaKeys, type Recipe, type SweepDocument } from '#contracts';
import type { RecipeProblem } from '../errors.js';

/** Trials that are measured once more at most: the more are, the less unseen the samples are. */
export const VERIFIED_AT_MOST = 3;

/** The recipe of a trial with its last evaluation as the sweep's `verify` says; what that leaves out stays, but for the number of samples. */
export function verifyingRecipe(recipe: Recipe, verify: Readonly<Record<string, unknown>>): Recipe {
  const at = recipe.passes.findLastIndex(({ pass }) => pass === 'evaluate');
  const passes = recipe.passes.map((step, index) => {
    if (index !== at) return step;
    const { samples: _samples, ...options } = step.options;
    return { ...step, options: { ...options, ...verify } };
  });
  return { ...recipe, passes };
}

/** What keeps the best trial from being verified as the document says. */
export function verifyProblems({ verify, passes }: Pick<SweepDocument, 'verify' | 'passes'>): RecipeProblem[] {
  if (!verify) return [];
  if (!passes.some(({ pass }) => pass === 'evaluate'))
    return [{ field: 'verify', message: 'it measures with evaluate: add an evaluate pass' }];
  const parsed = EvaluateOptions.safeParse(verify);
  if (parsed.success) return [];
  return fieldProblems(parsed.error.issues, {
    prefix: 'verify',
    validKeys: (path) => schemaKeys(EvaluateOptions, path),
  });
}
