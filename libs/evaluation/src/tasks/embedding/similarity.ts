import type { VectorEvidence } from './evidence.js';

/** Cosine of two of the vectors. */
export function similarity({ vectors, width }: VectorEvidence, a: number, b: number): number {
  let sum = 0;
  for (let k = 0, i = a * width, j = b * width; k < width; k++, i++, j++)
    sum += (vectors[i] ?? NaN) * (vectors[j] ?? NaN);
  return sum;
}
