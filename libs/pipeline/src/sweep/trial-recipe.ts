import type { Assignment, LabelForm, Recipe, RecipeGate, RecipeStep, SweepDocument, SweepStep } from '#contracts';
import type { RecipeProblem } from '../errors.js';
import { gateProblems } from '../gate-problems.js';
import { tryPlan, type PlannedStage } from '../plan.js';
import type { SweepPlan } from './sweep-plan.js';
import { ORDER, orderOf } from './values.js';
import { ABSENT, replaceRanges } from './walk.js';

/** The recipe that an assignment makes, with its stages, or why it makes none. */
export type TrialRecipe = { recipe: Recipe; stages: PlannedStage[] } | { problems: RecipeProblem[] };

/**
 * Writes the recipe of a trial. Its gates are the sweep's constraints, so that the job's gates tell whether the trial
 * is feasible.
 */
export function trialRecipe(plan: SweepPlan, assignment: Assignment): TrialRecipe {
  const { seed, constraints } = plan.document;
  const passes = stepsOf(plan, assignment);
  const { stages, problems } = tryPlan(passes);
  if (passes.length === 0) problems.push({ field: 'passes', message: 'no pass is left: one must not be optional' });
  problems.push(...unmeasured(plan.document, passes));
  return problems.length > 0 ? { problems } : { recipe: { seed, passes, gates: [...constraints] }, stages };
}

/** Objectives and constraints over figures that no pass of the recipe would measure, as fields of the sweep. */
function unmeasured({ objectives, constraints }: SweepDocument, passes: RecipeStep[]): RecipeProblem[] {
  return measuredProblems({ objectives, constraints }, passes);
}

/**
 * Objectives and constraints that this recipe on this data would leave unmeasured, by their fields in the sweep's
 * document.
 */
export function measuredProblems(
  { objectives, constraints }: Pick<SweepDocument, 'objectives' | 'constraints'>,
  passes: RecipeStep[],
  labels?: LabelForm,
): RecipeProblem[] {
  const gates: RecipeGate[] = [...constraints, ...objectives.map(({ direction: _direction, ...wish }) => wish)];
  return gateProblems({ passes, gates }, labels).map(({ field, message }) => {
    const [, index, rest = ''] = /^gates\[(\d+)\](.*)$/.exec(field) ?? [];
    if (index === undefined) return { field, message };
    const at = Number(index);
    const list = at < constraints.length ? `constraints[${at}]` : `objectives[${at - constraints.length}]`;
    return { field: `${list}${rest}`, message };
  });
}

/** The passes that an assignment makes, with their options as they are written. */
export function stepsOf(plan: SweepPlan, assignment: Assignment): RecipeStep[] {
  const { passes } = plan.document;
  const named = new Map(plan.steps.map((name, at) => [name, passes[at]]));
  const order = assignment[ORDER];
  const names = typeof order === 'string' ? orderOf(order) : plan.steps;
  return names.flatMap((name) => {
    const step = named.get(name);
    if (!step || !isPresent(step, name, assignment)) return [];
    const gates = step.gates ? { gates: step.gates } : {};
    return [{ pass: step.pass, options: optionsOf(plan, step, name, assignment), ...gates }];
  });
}

function isPresent({ optional, when = {} }: SweepStep, name: string, assignment: Assignment): boolean {
  if (optional) return assignment[name] === true;
  return Object.entries(when).every(([parameter, values]) => {
    const value = assignment[parameter];
    return value !== undefined && (Array.isArray(values) ? values.includes(value) : values === value);
  });
}

function optionsOf(plan: SweepPlan, step: SweepStep, name: string, assignment: Assignment): Record<string, unknown> {
  const valueOf = (parameter: string) => {
    const value = assignment[parameter];
    return value === undefined ? ABSENT : plan.decode(parameter, value);
  };
  return replaceRanges(step.options, {
    range: (range, path) => valueOf(range.name ?? [name, ...path].join('.')),
    reference: valueOf,
  }) as Record<string, unknown>;
}
