import type { Job, Recipe } from '#contracts';

/**
 * The recipe of a job with what its stages decided by measurement written out as options (`decided` in a summary), so
 * that it gives the same models where the clock would decide otherwise.
 */
export function decidedRecipe({ recipe, stages }: Pick<Job, 'recipe' | 'stages'>): Recipe {
  const passes = recipe.passes.map((step, i) => ({
    ...step,
    options: { ...step.options, ...decidedOf(stages[i]?.summary ?? {}) },
  }));
  return { ...recipe, passes };
}

function decidedOf({ decided }: Record<string, unknown>): Record<string, unknown> {
  return typeof decided === 'object' && decided !== null ? { ...decided } : {};
}
