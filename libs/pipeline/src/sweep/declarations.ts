import {
  fieldName,
  LAYER_OPTIONS,
  RANGE_FORMS,
  told,
  type Range,
  type SweepDocument,
  type SweepStep,
} from '#contracts';
import type { RecipeProblem } from '../errors.js';
import { tryPlan } from '../plan.js';
import { conditionsOf, type Declaration, type Reference } from './declaration.js';
import { declarationProblems } from './declaration-problems.js';
import { ORDER, orderText } from './values.js';
import { ABSENT, replaceRanges, type OptionPath } from './walk.js';

export interface Declared {
  /** In an order in which each stands behind those that its conditions name. */
  declarations: Declaration[];
  steps: string[];
  problems: RecipeProblem[];
}

/** Parameters of one sweep; a net of 200 layers has 400 with a width and a ratio each. */
export const MOST_PARAMETERS = 1000;

const tooMany = (count: number): RecipeProblem => ({
  field: 'passes',
  message: `it has ${count} parameters, ${MOST_PARAMETERS} are allowed: tie layers by a pattern such as "conv*"`,
});

/** Every parameter of a document, and what is wrong with their names, references and conditions. */
export function declare(document: SweepDocument): Declared {
  const problems: RecipeProblem[] = [];
  const found: Declaration[] = [];
  const references: Reference[] = [];
  const steps = stepNames(document.passes);
  for (const [name, range] of Object.entries(document.parameters)) {
    const field = fieldName(['parameters', name]);
    found.push({ name, range, when: conditionsOf(range.when), field });
    problems.push(...misplacedEach(range, field));
  }
  if (document.orders) found.push(orderDeclaration(document.orders));
  document.passes.forEach((step, at) => {
    const name = steps[at] ?? step.pass;
    if (step.optional) found.push(presenceOf(step, name, at));
    collectOptions(step, name, at, { found, references, problems });
  });
  if (found.length > MOST_PARAMETERS) return { declarations: [], steps, problems: [tooMany(found.length)] };
  problems.push(...declarationProblems(document, { steps, found, references }));
  const { sorted, cyclic } = inOrder(found);
  if (problems.length === 0) problems.push(...cyclic);
  if (problems.length === 0 && found.length === 0) problems.push(...nothingSearched(document));
  return { declarations: sorted, steps, problems };
}

/** The layers of the model stand in the place of every `each` that is where they can. */
function misplacedEach({ each }: Range, field: string): RecipeProblem[] {
  const options = Object.values(LAYER_OPTIONS).flatMap((of) => of?.options ?? []);
  const message = `a range stands for each layer of a pattern within ${options.join(', ')} alone: leave it out here`;
  return each === true ? [{ field: `${field}.each`, message }] : [];
}

/** An object in the place of a number or a text was meant as a range, mostly: it is told by its place. */
function nothingSearched({ passes }: SweepDocument): RecipeProblem[] {
  const misplaced = tryPlan(passes.map(({ pass, options }) => ({ pass, options }))).problems;
  const message = 'nothing is searched: give an option a range such as { grid: [8, 4] }, or submit a job';
  return [{ field: 'passes', message }, ...misplaced.map(withRangeForms)];
}

/** Where an object stands that no option takes, how a range is written is told besides. */
export function withRangeForms({ field, message }: RecipeProblem): RecipeProblem {
  return { field, message: message.endsWith(', got an object') ? `${message}: a range is ${RANGE_FORMS}` : message };
}

/** A step is called as it says, else by its pass, with a number from the second of its kind. */
function stepNames(passes: readonly SweepStep[]): string[] {
  const counts = new Map<string, number>();
  return passes.map(({ pass, name }) => {
    if (name !== undefined) return name;
    const count = (counts.get(pass) ?? 0) + 1;
    counts.set(pass, count);
    return count === 1 ? pass : `${pass}${count}`;
  });
}

function orderDeclaration(orders: readonly (readonly string[])[]): Declaration {
  return { name: ORDER, range: { choice: orders.map(orderText) }, when: [], field: 'orders' };
}

function presenceOf(step: SweepStep, name: string, at: number): Declaration {
  const field = fieldName(['passes', at, 'optional']);
  return { name, range: { choice: [false, true] }, when: conditionsOf(step.when), field };
}

interface Collected {
  found: Declaration[];
  references: Reference[];
  problems: RecipeProblem[];
}

function collectOptions(step: SweepStep, name: string, at: number, { found, references, problems }: Collected): void {
  const fieldAt = (path: OptionPath) => fieldName(['passes', at, 'options', ...path]);
  const ofStep = step.optional ? [{ parameter: name, in: [true] }] : conditionsOf(step.when);
  if (!step.optional)
    for (const { parameter } of ofStep)
      references.push({ name: parameter, field: fieldName(['passes', at, 'when', parameter]) });
  replaceRanges(step.options, {
    range: (range, path) => {
      const parameter = range.name ?? [name, ...path].join('.');
      const when = [...ofStep, ...conditionsOf(range.when)];
      found.push({ name: parameter, range, when, field: fieldAt(path) });
      problems.push(...misplacedEach(range, fieldAt(path)));
      return ABSENT;
    },
    reference: (parameter, path) => (references.push({ name: parameter, field: fieldAt(path) }), ABSENT),
    problem: ({ field, message }, path) =>
      problems.push({ field: [fieldAt(path), field].filter(Boolean).join('.'), message }),
  });
}

/** Each behind those that its conditions name, else in the order of the document. */
function inOrder(found: readonly Declaration[]): { sorted: Declaration[]; cyclic: RecipeProblem[] } {
  const sorted: Declaration[] = [];
  const left = [...found];
  const placed = new Set<string>();
  const isReady = ({ when }: Declaration) => when.every(({ parameter }) => placed.has(parameter));
  for (let next = left.findIndex(isReady); next >= 0; next = left.findIndex(isReady)) {
    const [ready] = left.splice(next, 1);
    if (!ready) break;
    sorted.push(ready);
    placed.add(ready.name);
  }
  const namesIn = (when: Declaration['when']) => when.map(({ parameter }) => told(parameter)).join(', ');
  const cyclic = left.map(({ field, when }) => ({
    field,
    message: `its condition on ${namesIn(when)} goes round in a circle`,
  }));
  return { sorted, cyclic };
}
