import { expectedImprovement } from './improvement.js';
import type { Belief } from './gaussian-process.js';

/** The part of space that a front leaves undominated below a reference, as boxes that do not overlap. */
export interface Boxes {
  /** Ascending limits along each objective, from -Infinity to the reference. */
  cuts: readonly (readonly number[])[];
  /** Of each box the positions of its lower and upper limit along the first objective, the second and the third. */
  limits: readonly (readonly [number, number, number, number, number, number])[];
}

/**
 * Cuts what three objectives leave undominated into slabs between the values of the third, each slab into the strips of
 * the staircase that the points below it make of the other two: at most n² / 2 boxes. `front` holds points below the
 * reference of which none dominates another.
 */
export function undominatedBoxes(front: readonly (readonly number[])[], reference: readonly number[]): Boxes {
  const cuts = reference.map((corner, at) => {
    const values = new Set(front.map((point) => point[at] ?? 0));
    return [-Infinity, ...[...values].sort((a, b) => a - b), corner];
  });
  const at = (objective: number, value: number) => cuts[objective]?.indexOf(value) ?? 0;
  const heights = cuts[2] ?? [];
  const limits: Boxes['limits'][number][] = [];
  for (let slab = 0; slab + 1 < heights.length; slab++) {
    const below = front.filter(([, , z = 0]) => z <= (heights[slab] ?? 0));
    for (const [left, right, top] of strips(below, reference))
      limits.push([at(0, left), at(0, right), 0, at(1, top), slab, slab + 1]);
  }
  return { cuts, limits };
}

/** Strips of the plane that points leave undominated: from left to right, each up to its top. */
type Strip = [left: number, right: number, top: number];

function strips(points: readonly (readonly number[])[], [corner = 0, top = 0]: readonly number[]): Strip[] {
  const found: Strip[] = [];
  let [left, height] = [-Infinity, top];
  for (const [x = 0, y = 0] of points.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0))) {
    if (y >= height) continue;
    if (x > left) found.push([left, x, height]);
    [left, height] = [x, y];
  }
  return [...found, [left, corner, height]];
}

/**
 * Expected hypervolume improvement of three independent beliefs, exactly: in each box width, depth and height of what
 * is won are independent, and each is a difference of two expected improvements (Yang et al. 2019, section 4).
 */
export function improvementInBoxes(beliefs: readonly Belief[], { cuts, limits }: Boxes): number {
  const [first = [], second = [], third = []] = cuts.map((values, at) => {
    const belief = beliefs[at] ?? { mean: 0, deviation: 1 };
    return values.map((value) => (value === -Infinity ? 0 : expectedImprovement(belief, value)));
  });
  let sum = 0;
  for (const [left, right, front, back, low, high] of limits) {
    const width = (first[right] ?? 0) - (first[left] ?? 0);
    const depth = (second[back] ?? 0) - (second[front] ?? 0);
    sum += width * depth * ((third[high] ?? 0) - (third[low] ?? 0));
  }
  return sum;
}
