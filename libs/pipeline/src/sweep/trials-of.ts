import type { Assignment, SamplerName } from '#contracts';
import { seededRandom } from '#numbers';
import type { PlannedStage } from '../plan.js';
import type { SpaceCheck } from './check-space.js';
import { holdBreath, type Breathe } from './effort.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialLimit } from './trial-limit.js';
import { trialRecipe } from './trial-recipe.js';

/** The trials that a sweep will run, or as many that stand for them. */
export interface ExpectedTrials {
  trials: number;
  /** Trials that `recipes` are those of; others make none. */
  counted: number;
  sampler: SamplerName;
  /** Whether the recipes are those that will run. */
  isExact: boolean;
  recipes: PlannedStage[][];
}

/** The sampler that will choose: auto takes the grid where all of it is wanted. */
export function samplerOf(plan: Pick<SweepPlan, 'document' | 'size'>): SamplerName {
  const { sampler } = plan.document;
  return sampler === 'auto' && plan.size <= trialLimit(plan) ? 'grid' : sampler;
}

/** What is known before the launch of which trials will run. */
export async function trialsOf(
  plan: SweepPlan,
  { isAll, valid }: SpaceCheck,
  breathe = holdBreath,
): Promise<ExpectedTrials> {
  const trials = trialLimit(plan);
  const sampler = samplerOf(plan);
  const counted = Math.min(trials, plan.effort.recipes);
  const isExact = isAll && counted === trials && (sampler === 'grid' || trials >= plan.size);
  const recipes = isExact ? gridRecipes(plan, valid, trials) : await drawn(plan, valid, counted, breathe);
  return { trials, counted, sampler, isExact, recipes };
}

/** The grid asks in its order: of a part of it the first. */
function gridRecipes(plan: SweepPlan, valid: SpaceCheck['valid'], trials: number): PlannedStage[][] {
  const first = new Set<string>();
  for (const assignment of plan.space.all()) if (first.size < trials) first.add(JSON.stringify(assignment));
  const kept = valid.filter(({ assignment }) => first.has(JSON.stringify(assignment)));
  return kept.map(({ stages }) => stages);
}

/** As many as there will be, drawn from the space; of a space that is known as a whole each once. */
async function drawn(
  plan: SweepPlan,
  valid: SpaceCheck['valid'],
  count: number,
  breathe: Breathe,
): Promise<PlannedStage[][]> {
  const random = seededRandom(plan.document.seed);
  const found = new Map<string, PlannedStage[]>();
  for (let draw = 0; draw < 2 * count && found.size < count; draw++) {
    if (draw % plan.effort.atOnce === 0) await breathe();
    const assignment: Assignment = plan.space.random(random);
    const made = trialRecipe(plan, assignment);
    if ('stages' in made) found.set(JSON.stringify(assignment), made.stages);
  }
  for (const { assignment, stages } of valid) if (found.size < count) found.set(JSON.stringify(assignment), stages);
  return [...found.values()];
}
