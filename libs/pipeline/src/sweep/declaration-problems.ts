import { fieldName, suggestion, told, type Range, type SweepDocument } from '#contracts';
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

/** Names that every object answers to, such as constructor: a parameter of one would seem to exist where it does not. */
function reservedNames(found: readonly Declaration[]): RecipeProblem[] {
  return found
    .filter(({ name }) => name in Object.prototype)
    .map(({ name, field }) => ({ field, message: `${told(name)} cannot name a parameter: choose another name` }));
}

function orderProblems(orders: readonly (readonly string[])[], steps: readonly string[]): RecipeProblem[] {
  const wanted = orderText([...steps].sort());
  return orders.flatMap((order, at) =>
    orderText([...order].sort()) === wanted
      ? []
      : [{ field: `orders[${at}]`, message: `an order names each step once: ${steps.join(', ')}` }],
  );
}

function repeated(steps: readonly string[]): RecipeProblem[] {
  return steps.flatMap((name, at) =>
    steps.indexOf(name) < at
      ? [
          {
            field: `passes[${at}].name`,
            message: `another step is called ${told(name)}: give this one a name of its own`,
          },
        ]
      : [],
  );
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
  const unknown = references
    .filter(({ name }) => !names.includes(name))
    .map(({ name, field }) => ({ field, message: `there is no parameter ${told(name)}: ${suggestion(name, names)}` }));
  const used = new Set([
    ...references.map(({ name }) => name),
    ...found.flatMap(({ when }) => when.map(({ parameter }) => parameter)),
  ]);
  const idle = Object.keys(parameters)
    .filter((name) => !used.has(name))
    .map((name) => ({
      field: fieldName(['parameters', name]),
      message: `nothing reads it: write "$${name}" where its value is to stand, or leave it out`,
    }));
  return [...unknown, ...idle];
}

/** Conditions on parameters that there are not, and on values that they never have. */
function conditionProblems(found: readonly Declaration[], { passes }: SweepDocument): RecipeProblem[] {
  const byName = new Map(found.map((declaration) => [declaration.name, declaration]));
  const ofSteps = passes.flatMap(({ when, optional }, at) =>
    optional ? [] : conditionsOf(when).map((condition) => ({ condition, field: `passes[${at}].when` })),
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
    if (!target)
      return [
        {
          field: place,
          message: `there is no parameter ${told(parameter)}: ${suggestion(parameter, [...byName.keys()])}`,
        },
      ];
    const never = condition.in.filter((value) => !canBe(target.range, value));
    return never.map((value) => ({
      field: place,
      message: `${told(parameter)} is never ${told(value)}: ${possible(target.range)}`,
    }));
  });
}

function canBe(range: Range, value: Value): boolean {
  const list = listOf(range);
  if (list) return list.includes(value);
  const { min, max } = 'logUniform' in range ? range.logUniform : (range as { min: number; max: number });
  return typeof value === 'number' && value >= min && value <= max;
}

const listOf = (range: Range): Value[] | null =>
  'grid' in range ? range.grid.map(encode) : 'choice' in range ? range.choice.map(encode) : null;

const possible = (range: Range): string =>
  `choose one of ${(listOf(range) ?? ['the numbers between its ends']).slice(0, 20).map(String).join(', ')}`;
