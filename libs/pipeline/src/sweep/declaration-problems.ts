import { fieldName, suggestion, told, type Range, type SweepDocument, type When } from '#contracts';
import type { Value } from '#search';
import type { RecipeProblem } from '../errors.js';
import { conditionsOf, type Declaration, type Reference } from './declaration.js';
import { encode, orderText } from './values.js';

export interface Named {
  /** Names of the steps. */
  steps: readonly string[];
  found: readonly Declaration[];
  references: readonly Reference[];
}

/** What is wrong with the names, orders, references and conditions of a sweep. */
export function declarationProblems(document: SweepDocument, { steps, found, references }: Named): RecipeProblem[] {
  return distinct([
    ...orderProblems(document.orders ?? [], steps),
    ...repeated(steps),
    ...reservedNames(found),
    ...nameProblems(found),
    ...referenceProblems(document, found, references),
    ...conditionProblems(found, document),
  ]);
}

/** A condition of a step is a reference as well: what is wrong with both is told once. */
function distinct(problems: readonly RecipeProblem[]): RecipeProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/**
 * Names that every object answers to, such as constructor: a parameter of one would seem to exist where it does not.
 */
function reservedNames(found: readonly Declaration[]): RecipeProblem[] {
  const reserved = found.filter(({ name }) => name in Object.prototype);
  return reserved.map(({ name, field }) => {
    const message = `${told(name)} cannot name a parameter: choose another name`;
    return { field, message };
  });
}

function orderProblems(orders: readonly (readonly string[])[], steps: readonly string[]): RecipeProblem[] {
  const wanted = orderText([...steps].sort());
  const message = `an order names each step once: ${steps.join(', ')}`;
  const isWhole = (order: readonly string[]) => orderText([...order].sort()) === wanted;
  return orders.flatMap((order, at) => (isWhole(order) ? [] : [{ field: `orders[${at}]`, message }]));
}

function repeated(steps: readonly string[]): RecipeProblem[] {
  const isRepeated = (name: string, at: number) => steps.indexOf(name) < at;
  return steps.flatMap((name, at) => {
    const message = `another step is called ${told(name)}: give this one a name of its own`;
    return isRepeated(name, at) ? [{ field: `passes[${at}].name`, message }] : [];
  });
}

function nameProblems(found: readonly Declaration[]): RecipeProblem[] {
  return found.flatMap(({ name, field }, at) => {
    const first = found.findIndex((other) => other.name === name);
    return first < at
      ? [{ field, message: `${found[first]?.field} has the name ${told(name)} already: give this one another` }]
      : [];
  });
}

function referenceProblems(
  { parameters }: SweepDocument,
  found: readonly Declaration[],
  references: readonly Reference[],
): RecipeProblem[] {
  const names = found.map(({ name }) => name);
  const strange = references.filter(({ name }) => !names.includes(name));
  const unknown = strange.map(({ name, field }) => {
    const message = `there is no parameter ${told(name)}: ${suggestion(name, names)}`;
    return { field, message };
  });
  const conditions = found.flatMap(({ when }) => when);
  const used = new Set([...references.map(({ name }) => name), ...conditions.map(({ parameter }) => parameter)]);
  const unused = Object.keys(parameters).filter((name) => !used.has(name));
  const idle = unused.map((name) => {
    const message = `nothing reads it: write "$${name}" where its value is to stand, or leave it out`;
    return { field: fieldName(['parameters', name]), message };
  });
  return [...unknown, ...idle];
}

/** Conditions on parameters that there are not, and on values that they never have. */
function conditionProblems(found: readonly Declaration[], { passes }: SweepDocument): RecipeProblem[] {
  const byName = new Map(found.map((declaration) => [declaration.name, declaration]));
  const conditionsAt = (when: When | undefined, field: string) =>
    conditionsOf(when).map((condition) => ({ condition, field }));
  const ofSteps = passes.flatMap(({ when, optional }, at) =>
    optional ? [] : conditionsAt(when, `passes[${at}].when`),
  );
  const ofParameters = found.flatMap(({ when, field }) =>
    when.map((condition) => ({ condition, field: `${field}.when` })),
  );
  const seen = new Set<string>();
  return [...ofSteps, ...ofParameters].flatMap(({ condition, field }) => {
    const { parameter } = condition;
    const target = byName.get(parameter);
    const place = `${field}.${parameter}`;
    if (seen.has(place)) return [];
    seen.add(place);
    if (!target) {
      const message = `there is no parameter ${told(parameter)}: ${suggestion(parameter, [...byName.keys()])}`;
      return [{ field: place, message }];
    }
    const never = condition.in.filter((value) => !canBe(target.range, value));
    const wordsOf = (value: Value) => `${told(parameter)} is never ${told(value)}: ${possible(target.range)}`;
    return never.map((value) => ({ field: place, message: wordsOf(value) }));
  });
}

function canBe(range: Range, value: Value): boolean {
  const list = listOf(range);
  if (list) return list.includes(value);
  const { min, max } = 'logUniform' in range ? range.logUniform : (range as { min: number; max: number });
  return typeof value === 'number' && value >= min && value <= max;
}

function listOf(range: Range): Value[] | null {
  if ('grid' in range) return range.grid.map(encode);
  return 'choice' in range ? range.choice.map(encode) : null;
}

function possible(range: Range): string {
  const values = listOf(range) ?? ['the numbers between its ends'];
  return `choose one of ${values.slice(0, 20).map(String).join(', ')}`;
}
