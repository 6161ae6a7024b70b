import { dominates } from './dominance.js';

/**
 * Positions of the points that no other dominates, all objectives minimized; of equal points all stay. Two objectives
 * take O(n log n), three O(n log n) searches in a staircase, more a filter over the points sorted by their first
 * objective.
 */
export function paretoFront(points: readonly (readonly number[])[]): number[] {
  const finite = points.flatMap((point, i) => (point.some(Number.isNaN) ? [] : [i]));
  const order = withoutObvious(points, finite).sort((a, b) => compare(points[a]!, points[b]!));
  const objectives = points[order[0] ?? 0]?.length ?? 0;
  const kept =
    objectives <= 2 ? sweep(points, order) : objectives === 3 ? staircase(points, order) : filter(points, order);
  return kept.sort((a, b) => a - b);
}

/** Fewer points are sorted as they are. */
const FEW = 64;

/**
 * The positions without most of those that are dominated: every √n-th point stands for all, and what the front of these
 * dominates is not sorted any more.
 */
function withoutObvious(points: readonly (readonly number[])[], positions: number[]): number[] {
  if (positions.length < FEW) return positions;
  const stride = Math.floor(Math.sqrt(positions.length));
  const sample = positions.filter((_, i) => i % stride === 0).map((i) => points[i]!);
  const best = paretoFront(sample).map((i) => sample[i]!);
  return positions.filter((i) => !best.some((point) => dominates(point, points[i]!)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

function sweep(points: readonly (readonly number[])[], order: readonly number[]): number[] {
  let lowest: readonly number[] | undefined;
  return order.filter((i) => {
    const point = points[i]!;
    const stays = !lowest || last(point) < last(lowest) || compare(point, lowest) === 0;
    if (stays) lowest = point;
    return stays;
  });
}

function last(point: readonly number[]): number {
  return point.at(-1) ?? 0;
}

/**
 * In order of the first objective a point is dominated if an earlier one lies below it in the two others: those form a
 * staircase.
 */
function staircase(points: readonly (readonly number[])[], order: readonly number[]): number[] {
  const xs: number[] = [];
  const ys: number[] = [];
  const seen = new Set<string>();
  return order.filter((i) => {
    const [, y = 0, z = 0] = points[i]!;
    const at = upperBound(xs, y);
    const key = points[i]!.join();
    if (at > 0 && ys[at - 1]! <= z) return seen.has(key);
    seen.add(key);
    const from = at > 0 && xs[at - 1] === y ? at - 1 : at;
    let to = at;
    while (to < xs.length && ys[to]! >= z) to++;
    xs.splice(from, to - from, y);
    ys.splice(from, to - from, z);
    return true;
  });
}

/** How many of the ascending numbers are at most `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function filter(points: readonly (readonly number[])[], order: readonly number[]): number[] {
  const kept: number[] = [];
  for (const i of order) if (!kept.some((j) => dominates(points[j]!, points[i]!))) kept.push(i);
  return kept;
}
