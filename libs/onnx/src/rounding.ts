/** Rounds to the nearest integer, ties to the even one: what IEEE 754 conversions and QuantizeLinear do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
