import type { Assignment, Infeasible } from '#contracts';
import { seededRandom } from '#search';
import { SweepError } from '../errors.js';
import type { PlannedStage } from '../plan.js';
import { representatives } from './assignments.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';

/** What the recipes of a space came to. */
export interface SpaceCheck {
  checked: number;
  /** Whether every assignment was checked. */
  isAll: boolean;
  infeasible: Infeasible[];
  /** Recipes that can run, one for each assignment. */
  valid: { assignment: Assignment; stages: PlannedStage[] }[];
}

/** Reasons that are listed; more would not be read. */
const LISTED = 20;
/** Recipes that are written between two breaths: some milliseconds. */
const AT_ONCE = 25;
const resolved = () => Promise.resolve();

/**
 * Writes the recipe of every assignment, or of those that stand for a large space. Combinations that make no valid recipe are told by
 * reason. Throws SweepError, with the fields of the document, where none does. `breathe` is awaited now and then, so that a large
 * space holds nothing else up.
 */
export async function checkSpace(plan: SweepPlan, breathe: () => Promise<unknown> = resolved): Promise<SpaceCheck> {
  const { assignments, isAll } = representatives(plan.space, seededRandom(plan.document.seed));
  const reasons = new Map<string, Infeasible>();
  const valid: SpaceCheck['valid'] = [];
  for (const [at, assignment] of assignments.entries()) {
    if (at % AT_ONCE === 0) await breathe();
    const made = trialRecipe(plan, assignment);
    if ('stages' in made) valid.push({ assignment, stages: made.stages });
    else
      for (const { field, message } of made.problems) {
        const key = `${field}\n${message}`;
        const known = reasons.get(key) ?? { field, message, example: assignment, count: 0 };
        reasons.set(key, { ...known, count: known.count + 1 });
      }
  }
  const infeasible = [...reasons.values()].sort((a, b) => b.count - a.count).slice(0, LISTED);
  if (valid.length === 0)
    throw new SweepError(infeasible.map(({ field, message }) => ({ field: inDocument(plan, field), message })));
  return { checked: assignments.length, isAll, infeasible, valid };
}

/** Where the order is not searched, the passes of a recipe stand where they do in the document unless one is left out. */
function inDocument({ document }: SweepPlan, field: string): string {
  return document.orders || document.passes.some(({ optional, when }) => optional || when)
    ? field.replace(/^passes\[\d+\]/, 'passes')
    : field;
}
