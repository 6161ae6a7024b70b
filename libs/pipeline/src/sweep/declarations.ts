import { fieldName, told, type SweepDocument, type SweepStep } from '#contracts';
import type { RecipeProblem } from '../errors.js';
import { conditionsOf, type Declaration, type Reference } from './declaration.js';
import { declarationProblems } from './declaration-problems.js';
import { ORDER, orderText } from './values.js';
import { ABSENT, replaceRanges, type Path } from './walk.js';

export interface Declared {
  /** In an order in which each stands behind those that its conditions name. */
  declarations: Declaration[];
  steps: string[];
  problems: RecipeProblem[];
}

/** Every parameter of a document, and what is wrong with their names, references and conditions. */
export function declare(document: SweepDocument): Declared {
  const problems: RecipeProblem[] = [];
  const found: Declaration[] = [];
  const references: Reference[] = [];
  const steps = stepNames(document.passes);
  for (const [name, range] of Object.entries(document.parameters))
    found.push({ name, range, when: conditionsOf(range.when), field: fieldName(['parameters', name]) });
  if (document.orders) found.push(orderDeclaration(document.orders));
  document.passes.forEach((step, at) => {
    const name = steps[at] ?? step.pass;
    if (step.optional) found.push(presenceOf(step, name, at));
    collectOptions(step, name, at, { found, references, problems });
  });
  problems.push(...declarationProblems(document, { steps, found, references }));
  const { sorted, cyclic } = inOrder(found);
  if (problems.length === 0) problems.push(...cyclic);
  if (problems.length === 0 && found.length === 0)
    problems.push({
      field: 'passes',
      message: 'nothing is searched: give an option a range such as { grid: [8, 4] }, or submit a job',
    });
  return { declarations: sorted, steps, problems };
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
  return {
    name,
    range: { choice: [false, true] },
    when: conditionsOf(step.when),
    field: fieldName(['passes', at, 'optional']),
  };
}

interface Collected {
  found: Declaration[];
  references: Reference[];
  problems: RecipeProblem[];
}

function collectOptions(step: SweepStep, name: string, at: number, { found, references, problems }: Collected): void {
  const fieldAt = (path: Path) => fieldName(['passes', at, 'options', ...path]);
  const ofStep = step.optional ? [{ parameter: name, in: [true] }] : conditionsOf(step.when);
  if (!step.optional)
    for (const { parameter } of ofStep)
      references.push({ name: parameter, field: fieldName(['passes', at, 'when', parameter]) });
  replaceRanges(step.options, {
    range: (range, path) => {
      const parameter = range.name ?? [name, ...path].join('.');
      found.push({ name: parameter, range, when: [...ofStep, ...conditionsOf(range.when)], field: fieldAt(path) });
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
  const isReady = ({ when }: Declaration) =>
    when.every(({ parameter }) => sorted.some(({ name }) => name === parameter));
  for (let next = left.findIndex(isReady); next >= 0; next = left.findIndex(isReady))
    sorted.push(...left.splice(next, 1));
  const cyclic = left.map(({ field, when }) => ({
    field,
    message: `its condition on ${when.map(({ parameter }) => told(parameter)).join(', ')} goes round in a circle`,
  }));
  return { sorted, cyclic };
}
