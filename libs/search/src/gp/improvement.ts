import { quickNormalCdf, normalPdf } from '../samplers/normal.js';
import type { Belief } from './gaussian-process.js';

/** E[(limit - y)+] of a normal belief: the expected improvement (Jones et al. 1998). */
export function expectedImprovement({ mean, deviation }: Belief, limit: number): number {
  const z = (limit - mean) / deviation;
  return (limit - mean) * quickNormalCdf(z) + deviation * normalPdf(z);
}

/** P(y ≤ limit). */
export function probabilityBelow({ mean, deviation }: Belief, limit = 0): number {
  return quickNormalCdf((limit - mean) / deviation);
}

/**
 * Expected hypervolume improvement of two independent beliefs over a front, exactly (Emmerich et al. 2016): the plane
 * left of the reference is cut into strips between the points of the front; in each, width and height of what is won
 * are independent. `front` holds points that do not dominate each other, ascending in the first objective.
 */
export function expectedHypervolumeImprovement(
  first: Belief,
  second: Belief,
  front: readonly (readonly number[])[],
  reference: readonly number[],
): number {
  const [right = 0, top = 0] = reference;
  let sum = 0;
  let [before, above] = [0, top];
  for (const [x = 0, y = 0] of [...front, [right, -Infinity]]) {
    const until = expectedImprovement(first, x);
    sum += (until - before) * expectedImprovement(second, above);
    [before, above] = [until, y];
  }
  return sum;
}
