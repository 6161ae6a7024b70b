const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);

/**
 * A whole number as an int64, the nearest one beyond its ends: the largest ("to the end" of a slice) read as a number
 * is 2^63, which would wrap around to the smallest.
 */
export function toInt64(value: number): bigint {
  const whole = BigInt(value);
  if (whole > LARGEST) return LARGEST;
  return whole < SMALLEST ? SMALLEST : whole;
}
