export interface Tolerance {
  /** Allowed difference whatever the size of the expected number. */
  absolute?: number;
  /** Allowed difference as a share of the expected number's magnitude. */
  relative?: number;
}

/** Where two arrays differ most, measured in tolerances: `excess` above 1 is a failure. */
export interface Difference {
  index: number;
  got: number;
  expected: number;
  excess: number;
}

/**
 * The element furthest outside its tolerance; a length mismatch and a NaN on one side only are infinitely far outside.
 */
export function largestDifference(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-5 }: Tolerance = {},
): Difference {
  const mismatch = got.length === expected.length ? 0 : Infinity;
  let worst: Difference = { index: -1, got: got.length, expected: expected.length, excess: mismatch };
  for (let index = 0; index < Math.min(got.length, expected.length); index++) {
    const [a, b] = [got[index]!, expected[index]!];
    const same = Object.is(a, b) || a === b;
    const areFinite = Number.isFinite(a) && Number.isFinite(b);
    const apart = areFinite ? Math.abs(a - b) / (absolute + relative * Math.abs(b)) : Infinity;
    const excess = same ? 0 : apart;
    if (excess > worst.excess) worst = { index, got: a, expected: b, excess };
  }
  return worst;
}

/** Fails the test unless all elements agree within the tolerance, naming the worst one. */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Tolerance = {}): void {
  const worst = largestDifference(got, expected, tolerance);
  expect(worst.excess > 1 ? worst : 'close').toBe('close');
}

/** Signal-to-noise ratio of `got` against `expected` in dB; Infinity when they are equal. */
export function signalToNoiseDb(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2;
    noise += (got[i]! - expected[i]!) ** 2;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
