// Once per weight of a model: a local constant is read faster than a property of a global.
const { floor: down, round } = Math;

/** Rounds to the nearest integer, ties to the even one: what IEEE 754 conversions and QuantizeLinear do. */
export function roundHalfEven(value: number): number {
  const floor = down(value);
  if (value - floor !== 0.5) return round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
