import type { Range, SweepDocument, SweepParameter } from '#contracts';
import { cardinality, Space, SpaceError, type Condition, type Parameter, type Value } from '#search';
import { SweepError } from '../errors.js';
import type { Declaration } from './declaration.js';
import { declare } from './declarations.js';
import { effortOf, EVERY, type Effort } from './effort.js';
import { encode } from './values.js';
import { verifyProblems } from './verify.js';

/** A sweep as it can be searched: its space, and what the values of its parameters stand for. */
export interface SweepPlan {
  document: SweepDocument;
  /** Name of each step, by which its parameters are called. */
  steps: readonly string[];
  space: Space;
  /** Assignments that there are; of more than 4,096 an upper bound, Infinity where a parameter is continuous. */
  size: number;
  /** How much of it is looked at before a launch. */
  effort: Effort;
  /** The value in the recipe that a parameter's value stands for. */
  decode(parameter: string, value: Value): unknown;
  /** Where a parameter stands in the document. */
  fieldOf(parameter: string): string;
}

/** Finds the space of a document. Throws SweepError for ranges, names, references and conditions that do not fit. */
export function planSweep(document: SweepDocument): SweepPlan {
  const { declarations, steps, problems } = declare(document);
  problems.push(...verifyProblems(document));
  if (problems.length > 0) throw new SweepError(problems);
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const fieldOf = (name: string) => byName.get(name)?.field ?? '';
  const space = spaceOf(declarations, fieldOf);
  const decode: SweepPlan['decode'] = (name, value) => decoded(byName.get(name)?.range, value);
  return { document, steps, space, size: sizeOf(space), effort: effortOf(document), decode, fieldOf };
}

/** Conditions leave fewer than the product of all values. */
function sizeOf(space: Space): number {
  return space.size <= EVERY ? [...space.all()].length : space.size;
}

function spaceOf(declarations: readonly Declaration[], fieldOf: (name: string) => string): Space {
  try {
    return new Space(declarations.map(toParameter));
  } catch (cause) {
    if (!(cause instanceof SpaceError)) throw cause;
    throw new SweepError([{ field: fieldOf(cause.parameter), message: cause.message }], { cause });
  }
}

function toParameter({ name, range, when }: Declaration): Parameter {
  const common = { name, ...(when.length > 0 ? { when } : {}) };
  if ('grid' in range) return { kind: 'choice', values: range.grid.map(encode), ordered: true, ...common };
  if ('choice' in range) return { kind: 'choice', values: range.choice.map(encode), ...common };
  if ('logUniform' in range) return { kind: 'real', ...range.logUniform, log: true, ...common };
  const { min, max, step } = range;
  return { kind: 'real', min, max, ...(step === undefined ? {} : { step }), ...common };
}

function decoded(range: Range | undefined, value: Value): unknown {
  if (!range) return value;
  const list = 'grid' in range ? range.grid : 'choice' in range ? range.choice : [];
  return list.find((item) => encode(item) === value) ?? value;
}

/** Values that a forecast lists of one parameter. */
const LISTED = 1000;

/** The dimensions of the space, for people and clients. */
export function parametersOf({ space }: Pick<SweepPlan, 'space'>): SweepParameter[] {
  return space.parameters.map((parameter) => {
    const { name, when = [] } = parameter;
    const isReal = parameter.kind === 'real';
    const [min, max] = isReal ? [parameter.min, parameter.max] : [null, null];
    const ordered = isReal || parameter.ordered === true;
    const log = isReal && parameter.log === true;
    return { name, values: valuesOf(parameter), ordered, min, max, log, when: whenOf(when) };
  });
}

function valuesOf(parameter: Parameter): Value[] | null {
  if (parameter.kind === 'choice') return [...parameter.values];
  const count = cardinality(parameter);
  if (count > LISTED) return null;
  const alone = new Space([{ ...parameter, when: [] }]);
  return [...alone.all()].flatMap((assignment) => assignment[parameter.name] ?? []);
}

function whenOf(conditions: readonly Condition[]): Record<string, Value[]> {
  const entries = conditions.map(({ parameter, in: values }) => [parameter, [...values]]);
  return Object.fromEntries(entries);
}
