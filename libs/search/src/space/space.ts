import type { Random } from '#numbers';
import { SpaceError } from '../errors.js';
import { cardinality, fromUnit, valueAt, type ParameterValues, type Parameter, type Value } from './parameter.js';

/** A search space: named parameters, some of which exist only under a condition on an earlier one. */
export class Space {
  private readonly byName: ReadonlyMap<string, Parameter>;

  /**
   * Throws SpaceError for a parameter that is empty, named twice, or conditioned on one that does not stand before it.
   */
  constructor(readonly parameters: readonly Parameter[]) {
    const seen = new Map<string, Parameter>();
    for (const parameter of parameters) {
      check(parameter, seen);
      seen.set(parameter.name, parameter);
    }
    this.byName = seen;
  }

  get(name: string): Parameter {
    const parameter = this.byName.get(name);
    if (!parameter)
      throw new SpaceError(name, `the space has none of this name, but ${[...this.byName.keys()].join(', ')}`);
    return parameter;
  }

  /**
   * Assignments that can be told apart; Infinity where a parameter is continuous. Conditions make it an upper bound.
   */
  get size(): number {
    return this.parameters.reduce((product, parameter) => product * cardinality(parameter), 1);
  }

  /** Whether the parameter exists under what has been assigned so far. */
  isActive(parameter: Parameter, assignment: ParameterValues): boolean {
    return (parameter.when ?? []).every((condition) => {
      const value = assignment[condition.parameter];
      return value !== undefined && condition.in.includes(value);
    });
  }

  /** Builds an assignment parameter by parameter, leaving out those that do not exist under the ones before. */
  assign(choose: (parameter: Parameter, at: number) => Value): ParameterValues {
    const assignment: Record<string, Value> = {};
    this.parameters.forEach((parameter, at) => {
      if (this.isActive(parameter, assignment)) assignment[parameter.name] = choose(parameter, at);
    });
    return assignment;
  }

  /** The assignment at a point of the unit cube, one coordinate for each parameter. */
  at(point: ArrayLike<number>): ParameterValues {
    return this.assign((parameter, i) => fromUnit(parameter, point[i] ?? 0));
  }

  random(random: Random): ParameterValues {
    return this.assign((parameter) => fromUnit(parameter, random()));
  }

  /**
   * Every assignment of a finite space, the last parameter changing fastest. Throws SpaceError for a continuous one.
   */
  *all(): Generator<ParameterValues> {
    yield* this.below({}, 0);
  }

  private *below(so: ParameterValues, at: number): Generator<ParameterValues> {
    const parameter = this.parameters[at];
    if (!parameter) {
      yield so;
    } else if (!this.isActive(parameter, so)) {
      yield* this.below(so, at + 1);
    } else {
      const count = cardinality(parameter);
      if (!Number.isFinite(count)) throw new SpaceError(parameter.name, 'a grid needs a step or a list of values');
      for (let i = 0; i < count; i++) yield* this.below({ ...so, [parameter.name]: valueAt(parameter, i) }, at + 1);
    }
  }
}

/** Equal for assignments that set the same parameters to the same values. */
export function assignmentKey(assignment: ParameterValues): string {
  const byName = Object.entries(assignment).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(byName);
}

function check(parameter: Parameter, seen: ReadonlyMap<string, Parameter>): void {
  const fail = (problem: string) => {
    throw new SpaceError(parameter.name, problem);
  };
  if (seen.has(parameter.name)) fail('two parameters have this name');
  if (parameter.kind === 'choice') {
    if (parameter.values.length === 0) fail('the list of values is empty');
    if (new Set(parameter.values).size < parameter.values.length) fail('a value stands twice in its list');
  } else {
    checkReal(parameter, fail);
  }
  for (const condition of parameter.when ?? []) {
    if (!seen.has(condition.parameter))
      fail(`its condition is on "${condition.parameter}", which does not stand before it`);
    if (condition.in.length === 0) fail('its condition holds for no value');
  }
}

function checkReal(
  { min, max, step, log }: Extract<Parameter, { kind: 'real' }>,
  fail: (problem: string) => void,
): void {
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max)
    fail(`its ends are ${min} and ${max}: give two numbers, the smaller one first`);
  if (step !== undefined && !(step > 0)) fail(`its step is ${step}: give one above 0`);
  if (log && step !== undefined) fail('a step and a logarithmic scale exclude each other: leave one out');
  if (log && min <= 0) fail(`a logarithmic scale begins above 0, not at ${min}`);
}
