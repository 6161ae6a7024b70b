import { suggestion, told, type Assignment } from '#contracts';
import { cardinality, type Parameter, type Space, type Value } from '#search';
import type { RecipeProblem } from '../errors.js';
import { SweepError } from '../errors.js';

/**
 * An assignment made by hand. Throws SweepError where it lacks a parameter, has one too many, or a value that is none.
 */
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
export function isInSpace(space: Space, given: Assignment): boolean {
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
  if (step === undefined) return true;
  const nearest = Math.round((value - min) / step) * step;
  return Math.abs(nearest - (value - min)) < step * 1e-6;
}

function wordsOf(parameter: Parameter): string {
  if (parameter.kind === 'choice') return `one of ${parameter.values.slice(0, 20).map(String).join(', ')}`;
  const { min, max, step } = parameter;
  return `a number from ${min} to ${max}${step === undefined ? '' : ` in steps of ${step}`}`;
}

/**
 * Assignments that stand for a space, so many at most: all of a small one; of a larger one its corners, each value of
 * each parameter while the others are at their first, and others drawn at random. Some may come twice.
 */
export function representatives(
  space: Space,
  random: () => number,
  most: number,
): { assignments: Iterable<Assignment>; isAll: boolean } {
  if (space.size <= most) return { assignments: space.all(), isAll: true };
  return { assignments: someOf(space, random, most), isAll: false };
}

/** Units in the middle of the first and the last of a parameter's values. */
const [LOW, HIGH] = [0, 1 - 1e-9];
/** Values of one parameter that are looked at, and those of a continuous one. */
const LISTED = 64;
const SPREAD = 5;

/** Half of them parameter by parameter, an eighth corners, the others at random. */
function* someOf(space: Space, random: () => number, most: number): Generator<Assignment> {
  yield* first(singles(space), most / 2);
  yield* first(corners(space, random), most / 8);
  for (let i = 0; i < (most * 3) / 8; i++) yield space.random(random);
}

/** The first value of every parameter, then the second of all, so that of many none is left out. */
function* singles(space: Space): Generator<Assignment> {
  const counts = space.parameters.map((parameter) => Math.min(cardinality(parameter), LISTED));
  const isFinite = space.parameters.map((parameter) => Number.isFinite(cardinality(parameter)));
  for (let turn = 0; turn < Math.max(...counts); turn++)
    for (const at of space.parameters.keys()) {
      const count = isFinite[at] ? (counts[at] ?? 0) : SPREAD;
      if (turn >= count) continue;
      const unit = isFinite[at] ? (turn + 0.5) / count : turn / (count - 1);
      yield space.at(space.parameters.map((_, other) => (other === at ? unit : LOW)));
    }
}

function* corners(space: Space, random: () => number): Generator<Assignment> {
  for (;;) yield space.at(space.parameters.map(() => (random() < 0.5 ? LOW : HIGH)));
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = Math.ceil(count);
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
