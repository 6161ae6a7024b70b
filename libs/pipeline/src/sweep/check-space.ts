import type { Assignment, Infeasible } from '#contracts';
import { seededRandom } from '#numbers';
import { SweepError } from '../errors.js';
import type { PlannedStage } from '../plan.js';
import { representatives } from './assignments.js';
import { withRangeForms } from './declarations.js';
import { holdBreath } from './effort.js';
import { stoppingProblems } from './stopping-problems.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';
import { trialLimit } from './trial-limit.js';

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

/**
 * Writes the recipe of every assignment, or of those that stand for a large space. Combinations that make no valid
 * recipe are told by reason. Throws SweepError, with the fields of the document, where none does. `breathe` is awaited
 * now and then, so that a large space holds nothing else up.
 */
export async function checkSpace(plan: SweepPlan, breathe = holdBreath): Promise<SpaceCheck> {
  const { recipes, atOnce } = plan.effort;
  const { assignments, isAll } = representatives(plan.space, seededRandom(plan.document.seed), recipes);
  const reasons = new Map<string, Infeasible>();
  const valid: SpaceCheck['valid'] = [];
  const seen = new Set<string>();
  for (const assignment of assignments) {
    if (seen.size % atOnce === 0) await breathe();
    const known = seen.size;
    if (seen.add(JSON.stringify(assignment)).size === known) continue;
    const made = trialRecipe(plan, assignment);
    if ('stages' in made) valid.push({ assignment, stages: made.stages });
    else
      for (const { field, message } of made.problems) {
        const key = `${field}\n${message}`;
        const reason = reasons.get(key) ?? { field, message, example: assignment, count: 0 };
        reasons.set(key, { ...reason, count: reason.count + 1 });
      }
  }
  const byCount = [...reasons.values()].sort((a, b) => b.count - a.count);
  const infeasible = byCount.slice(0, LISTED);
  if (valid.length === 0) {
    const problems = infeasible.map(({ field, message }) => ({ field: inDocument(plan, field), message }));
    throw new SweepError(problems.map(withRangeForms));
  }
  const planned = valid.map(({ stages }) => stages);
  const stopping = stoppingProblems(plan.document, planned, trialLimit(plan));
  if (stopping.length > 0) throw new SweepError(stopping);
  return { checked: seen.size, isAll, infeasible, valid };
}

/**
 * Where the order is not searched, the passes of a recipe stand where they do in the document unless one is left out.
 */
function inDocument({ document }: SweepPlan, field: string): string {
  const varies = document.orders || document.passes.some(({ optional, when }) => optional || when);
  return varies ? field.replace(/^passes\[\d+\]/, 'passes') : field;
}
