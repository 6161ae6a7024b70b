import { suggestion, told, type Assignment } from '#contracts';
import { cardinality, Space, type Parameter, type Value } from '#search';
import type { RecipeProblem } from '../errors.js';
import { SweepError } from '../errors.js';

/** An assignment made by hand. Throws SweepError where it lacks a parameter, has one too many, or a value that is none. */
export function checkAssignment(space: Space, given: Assignment): Assignment {
  const names = space.parameters.map(({ name }) => name);
  const problems: RecipeProblem[] = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      field: `assignment.${name}`,
      message: `there is no parameter ${told(name)}: ${suggestion(name, names)}`,
    }));
  for (const parameter of space.parameters) {
    const message = problemOf(space, parameter, given);
    if (message !== undefined) problems.push({ field: `assignment.${parameter.name}`, message });
  }
  if (problems.length > 0) throw new SweepError(problems);
  return given;
}

function problemOf(space: Space, parameter: Parameter, given: Assignment): string | undefined {
  const value = given[parameter.name];
  if (!space.isActive(parameter, given))
    return value === undefined ? undefined : 'it does not exist under the other values: leave it out';
  if (value === undefined) return `is missing: give ${wordsOf(parameter)}`;
  return holds(parameter, value) ? undefined : `${told(value)} is not in its range: give ${wordsOf(parameter)}`;
}

/** Whether a space has the assignment: each parameter that exists has one of its values, and there is no other. */
export function isWithin(space: Space, given: Assignment): boolean {
  const active = space.parameters.filter((parameter) => space.isActive(parameter, given));
  return (
    Object.keys(given).length === active.length &&
    active.every((parameter) => {
      const value = given[parameter.name];
      return value !== undefined && holds(parameter, value);
    })
  );
}

function holds(parameter: Parameter, value: Value): boolean {
  if (parameter.kind === 'choice') return parameter.values.includes(value);
  const { min, max, step } = parameter;
  if (typeof value !== 'number' || value < min || value > max) return false;
  return step === undefined || Math.abs(Math.round((value - min) / step) * step - (value - min)) < step * 1e-6;
}

function wordsOf(parameter: Parameter): string {
  if (parameter.kind === 'choice') return `one of ${parameter.values.slice(0, 20).map(String).join(', ')}`;
  const { min, max, step } = parameter;
  return `a number from ${min} to ${max}${step === undefined ? '' : ` in steps of ${step}`}`;
}

/** Most assignments that are looked at one by one. */
export const EVERY = 4096;

/**
 * Assignments that stand for a space: all of a small one; of a larger one its corners, each value of each parameter while the others
 * are at their first, and others drawn at random.
 */
export function representatives(space: Space, random: () => number): { assignments: Assignment[]; isAll: boolean } {
  if (space.size <= EVERY) return { assignments: [...space.all()], isAll: true };
  const found = [...singles(space), ...corners(space, random)];
  while (found.length < EVERY / 2) found.push(space.random(random));
  return { assignments: distinct(found), isAll: false };
}

/** Units in the middle of the first and the last of a parameter's values. */
const [LOW, HIGH] = [0, 1 - 1e-9];

function* singles(space: Space): Generator<Assignment> {
  for (const [at, parameter] of space.parameters.entries()) {
    const count = Math.min(cardinality(parameter), 64);
    for (let i = 0; i < count; i++) {
      const unit = Number.isFinite(cardinality(parameter)) ? (i + 0.5) / count : i / (count - 1);
      yield space.at(space.parameters.map((_, other) => (other === at ? unit : LOW)));
    }
  }
}

function* corners(space: Space, random: () => number): Generator<Assignment> {
  for (let i = 0; i < 512; i++) yield space.at(space.parameters.map(() => (random() < 0.5 ? LOW : HIGH)));
}

function distinct(assignments: readonly Assignment[]): Assignment[] {
  return [...new Map(assignments.map((assignment) => [JSON.stringify(assignment), assignment])).values()];
}
