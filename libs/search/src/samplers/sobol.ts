import type { Random } from '#numbers';
import { DIRECTIONS } from './sobol-directions.js';

const BITS = 30;

/** Dimensions that the table of direction numbers covers; further ones are filled at random. */
export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1;

/**
 * A Sobol sequence in the unit cube, shifted digitally by random bits, in the order of the Gray code (Antonov and
 * Saleev 1979). Point i of one sequence is the same whatever was asked before.
 */
export class Sobol {
  private readonly directions: Uint32Array[];
  private readonly shift: number[];

  constructor(
    private readonly dimensions: number,
    random: Random,
  ) {
    this.directions = Array.from({ length: Math.min(dimensions, SOBOL_DIMENSIONS) }, (_, dimension) =>
      directionNumbers(dimension),
    );
    this.shift = this.directions.map(() => Math.floor(random() * 2 ** BITS));
  }

  /** Point number `at`, from 0; coordinates beyond the table come from `random`. */
  point(at: number, random: Random): number[] {
    const gray = at ^ (at >>> 1);
    return Array.from({ length: this.dimensions }, (_, dimension) => {
      const directions = this.directions[dimension];
      if (!directions) return random();
      let bits = this.shift[dimension]!;
      for (let i = 0; gray >>> i > 0; i++) if ((gray >>> i) & 1) bits ^= directions[i]!;
      return bits / 2 ** BITS;
    });
  }
}

/** v_i = m_i / 2^i as integers of 30 bits, by the recurrence of the dimension's primitive polynomial. */
function directionNumbers(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  const row = dimension === 0 ? undefined : DIRECTIONS[dimension - 1];
  if (!row) return v.map((_, i) => 2 ** (BITS - 1 - i));
  const [degree, coefficients, m] = row;
  for (let i = 0; i < BITS; i++) {
    if (i < degree) {
      v[i] = m[i]! * 2 ** (BITS - 1 - i);
      continue;
    }
    let next = v[i - degree]! ^ (v[i - degree]! >>> degree);
    for (let k = 1; k < degree; k++) if ((coefficients >>> (degree - 1 - k)) & 1) next ^= v[i - k]!;
    v[i] = next;
  }
  return v;
}
