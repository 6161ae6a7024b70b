/** What a parameter can be set to. */
export type Value = number | string | boolean;

/**
 * A parameter exists only where another one, named before it, has one of these values; of several conditions all must
 * hold.
 */
export interface Condition {
  parameter: string;
  in: readonly Value[];
}

/** A number between two ends, both included. `step` counts from `min`; `log` spreads trials evenly over magnitudes. */
export interface RealParameter {
  kind: 'real';
  name: string;
  min: number;
  max: number;
  step?: number;
  log?: boolean;
  when?: readonly Condition[];
}

/** One of a list. Of an `ordered` list, such as bit-widths, neighbours are taken to act alike. */
export interface ChoiceParameter {
  kind: 'choice';
  name: string;
  values: readonly Value[];
  ordered?: boolean;
  when?: readonly Condition[];
}

export type Parameter = RealParameter | ChoiceParameter;

/** Values by parameter; one whose condition does not hold is absent. */
export type ParameterValues = Readonly<Record<string, Value>>;

/** How many values a parameter can take; Infinity for a number without a step. */
export function cardinality(parameter: Parameter): number {
  if (parameter.kind === 'choice') return parameter.values.length;
  return parameter.step === undefined
    ? Infinity
    : Math.floor((parameter.max - parameter.min) / parameter.step + 1e-9) + 1;
}

/** Whether a distance between two values means something. */
export function isOrdered(parameter: Parameter): boolean {
  return parameter.kind === 'real' || parameter.ordered === true;
}

/** The value at index `at` of a parameter with finitely many. */
export function valueAt(parameter: Parameter, at: number): Value {
  if (parameter.kind === 'real') return round(parameter.min + at * (parameter.step ?? 0));
  const value = parameter.values[at];
  if (value === undefined) throw new RangeError(`parameter "${parameter.name}" has no value ${at}`);
  return value;
}

/** Takes the binary dust off a decimal step: 0.1 · 3 is 0.3. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}

/** The value at a point of [0, 1]: the unit interval is cut evenly among values of a finite parameter. */
export function fromUnit(parameter: Parameter, unit: number): Value {
  const count = cardinality(parameter);
  if (Number.isFinite(count)) return valueAt(parameter, Math.min(count - 1, Math.floor(unit * count)));
  const { min, max, log } = parameter as RealParameter;
  if (log) {
    const [low, high] = [Math.log(min), Math.log(max)];
    return Math.min(max, Math.max(min, Math.exp(low + unit * (high - low))));
  }
  return min + unit * (max - min);
}

/** The point of [0, 1] of a value: the middle of its cell where the parameter is finite. */
export function toUnit(parameter: Parameter, value: Value): number {
  const count = cardinality(parameter);
  if (parameter.kind === 'choice') return (parameter.values.indexOf(value) + 0.5) / count;
  const number = Number(value);
  if (Number.isFinite(count)) return (Math.round((number - parameter.min) / (parameter.step ?? 1)) + 0.5) / count;
  if (parameter.log) return Math.log(number / parameter.min) / Math.log(parameter.max / parameter.min);
  return (number - parameter.min) / (parameter.max - parameter.min);
}
