import type { Assignment, SamplerName } from '#contracts';
import { seededRandom } from '#search';
import type { PlannedStage } from '../plan.js';
import type { SpaceCheck } from './check-space.js';
import type { SweepPlan } from './sweep-plan.js';
import { trialRecipe } from './trial-recipe.js';

/** Trials where nothing else is asked: all of a space of at most so many, else so few. */
const ALL = 1000;
const SOME = 60;
/** Trials whose stages are counted; of more as many are drawn. */
const COUNTED = 4096;

/** The trials that a sweep will run, or as many that stand for them. */
export interface ExpectedTrials {
  trials: number;
  sampler: SamplerName;
  /** Whether the recipes are those that will run. */
  isExact: boolean;
  recipes: PlannedStage[][];
}

/** How many trials a sweep has. */
export function trialLimit({ document: { limits }, size }: Pick<SweepPlan, 'document' | 'size'>): number {
  const wanted = limits.trials ?? (size <= ALL ? size : SOME);
  return Math.min(wanted, size);
}

/** The sampler that will choose: auto takes the grid where all of it is wanted. */
export function samplerOf(plan: Pick<SweepPlan, 'document' | 'size'>): SamplerName {
  const { sampler } = plan.document;
  return sampler === 'auto' && plan.size <= trialLimit(plan) ? 'grid' : sampler;
}

/** What is known before the launch of which trials will run. */
export function trialsOf(plan: SweepPlan, { isAll, valid }: SpaceCheck): ExpectedTrials {
  const trials = trialLimit(plan);
  const sampler = samplerOf(plan);
  const isExact = isAll && trials <= COUNTED && (sampler === 'grid' || trials >= plan.size);
  const recipes = isExact ? gridRecipes(plan, valid, trials) : drawn(plan, valid, Math.min(trials, COUNTED));
  return { trials, sampler, isExact, recipes };
}

/** The grid asks in its order: of a part of it the first. */
function gridRecipes(plan: SweepPlan, valid: SpaceCheck['valid'], trials: number): PlannedStage[][] {
  const first = new Set<string>();
  for (const assignment of plan.space.all()) if (first.size < trials) first.add(JSON.stringify(assignment));
  return valid.filter(({ assignment }) => first.has(JSON.stringify(assignment))).map(({ stages }) => stages);
}

/** As many as there will be, drawn from the space; of a space that is known as a whole each once. */
function drawn(plan: SweepPlan, valid: SpaceCheck['valid'], count: number): PlannedStage[][] {
  const random = seededRandom(plan.document.seed);
  const found = new Map<string, PlannedStage[]>();
  for (let draw = 0; draw < 4 * count && found.size < count; draw++) {
    const assignment: Assignment = plan.space.random(random);
    const made = trialRecipe(plan, assignment);
    if ('stages' in made) found.set(JSON.stringify(assignment), made.stages);
  }
  for (const { assignment, stages } of valid) if (found.size < count) found.set(JSON.stringify(assignment), stages);
  return [...found.values()];
}
