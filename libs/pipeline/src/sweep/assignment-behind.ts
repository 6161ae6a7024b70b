import type { Assignment, RecipeStep } from '#contracts';
import { canonicalJson } from '../canonical-json.js';
import { tryPlan } from '../plan.js';
import { isInSpace } from './assignments.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';
import { encode, ORDER, orderOf } from './values.js';
import { ABSENT, replaceRanges, type OptionPath } from './walk.js';

/**
 * The assignment by which a sweep would come to these passes; null where none does. Defaults need not be written out.
 */
export function assignmentBehind(plan: SweepPlan, passes: readonly RecipeStep[]): Assignment | null {
  for (const names of ordersOf(plan)) {
    const given = read(plan, names, passes);
    if (given && isInSpace(plan.space, given) && comesTo(plan, given, passes)) return given;
  }
  return null;
}

/** The orders of the steps that the space holds. */
function ordersOf({ space, steps }: SweepPlan): (readonly string[])[] {
  const order = space.parameters.find(({ name }) => name === ORDER);
  return order?.kind === 'choice' ? order.values.map((value) => orderOf(String(value))) : [steps];
}

/** What was read may be wrong, as where two steps are alike: the recipe that it makes decides. */
function comesTo(plan: SweepPlan, assignment: Assignment, passes: readonly RecipeStep[]): boolean {
  const made = trialRecipe(plan, assignment);
  const { stages, problems } = tryPlan(passes);
  if ('problems' in made || problems.length > 0) return false;
  const text = (list: typeof stages) => canonicalJson(list.map(({ pass, options }) => ({ pass, options })));
  return text(made.stages) === text(stages);
}

/**
 * Reads the values of parameters off the passes, taken for the steps of these names in turn; null where they do not
 * fit.
 */
function read(plan: SweepPlan, names: readonly string[], passes: readonly RecipeStep[]): Assignment | null {
  const found: Record<string, Assignment[string]> = {};
  if (plan.document.orders) found[ORDER] = names.join(' > ');
  let at = 0;
  for (const name of names) {
    const step = plan.document.passes[plan.steps.indexOf(name)];
    const pass = passes[at];
    if (!step) return null;
    const isThere = pass?.pass === step.pass;
    if (step.optional) found[name] = isThere;
    if (!isThere || !pass) {
      if (!step.optional && !step.when) return null;
      continue;
    }
    at += 1;
    const note = (parameter: string, path: OptionPath) => {
      const value = valueAt(pass.options, path);
      if (value !== undefined) found[parameter] = encode(value);
      return ABSENT;
    };
    replaceRanges(step.options, {
      range: (range, path) => note(range.name ?? [name, ...path].join('.'), path),
      reference: note,
    });
  }
  return at === passes.length ? found : null;
}

function valueAt(value: unknown, path: OptionPath): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    return (inner as Record<string | number, unknown>)[key];
  }, value);
}
