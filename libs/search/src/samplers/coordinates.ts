import {
  cardinality,
  fromUnit,
  isOrdered,
  toUnit,
  valueAt,
  type ParameterValues,
  type Parameter,
} from '../space/parameter.js';
import type { Space } from '../space/space.js';

/** Coordinates that a parameter takes: one where distances mean something, else one for each value. */
const width = (parameter: Parameter) => (isOrdered(parameter) ? 1 : cardinality(parameter));

/**
 * An assignment as a point of the unit cube; lists without order as one coordinate for each value, absent parameters at
 * the middle.
 */
export function toCoordinates(space: Space, assignment: ParameterValues): Float64Array {
  return Float64Array.from(
    space.parameters.flatMap((parameter) => {
      const value = assignment[parameter.name];
      if (isOrdered(parameter)) return [value === undefined ? 0.5 : toUnit(parameter, value)];
      const isIt = (at: number) => value !== undefined && valueAt(parameter, at) === value;
      return Array.from({ length: cardinality(parameter) }, (_, at) => Number(isIt(at)));
    }),
  );
}

/** The assignment nearest to a point of the unit cube. */
export function fromCoordinates(space: Space, point: Float64Array): ParameterValues {
  const starts: number[] = [];
  space.parameters.reduce((at, parameter) => (starts.push(at), at + width(parameter)), 0);
  return space.assign((parameter, i) => {
    const own = point.subarray(starts[i]!, starts[i]! + width(parameter));
    if (isOrdered(parameter)) return fromUnit(parameter, own[0]!);
    return valueAt(parameter, own.indexOf(Math.max(...own)));
  });
}
