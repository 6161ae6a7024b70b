import { paretoFront } from './front.js';

type Point = readonly number[];

/**
 * The volume that points dominate up to a reference, all objectives minimized: a sweep for two objectives, the WFG
 * recursion (While, Bradstreet and Barone 2012) for more. Points that do not lie below the reference count for nothing.
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  const inside = points.filter((point) => point.every((value, i) => value < reference[i]!));
  const front = paretoFront(inside).map((i) => inside[i]!);
  return reference.length === 2 ? sweep(front, reference) : wfg(front, reference);
}

/** What each point alone adds to the hypervolume of all. */
export function contributions(points: readonly Point[], reference: Point): number[] {
  return points.map((point, left) => {
    const others = points.filter((_, i) => i !== left);
    return gainOf(point, others, reference);
  });
}

/**
 * Positions of `count` points chosen one by one, each for adding most: at least 1 - 1/e of the best choice (Nemhauser
 * et al. 1978). What a point adds only falls as others are chosen, so that its last known gain bounds it (Minoux 1978)
 * and few are computed anew.
 */
export function greedySubset(points: readonly Point[], reference: Point, count: number): number[] {
  const chosen: number[] = [];
  const alone = (point: Point) => gainOf(point, [], reference);
  const bounds = points.map((point, at) => ({ at, gain: alone(point), known: 0 }));
  while (chosen.length < count && bounds.length > 0) {
    bounds.sort((a, b) => b.gain - a.gain || a.at - b.at);
    const best = bounds[0]!;
    if (best.known === chosen.length) {
      chosen.push(best.at);
      bounds.shift();
    } else {
      const others = chosen.map((i) => points[i]!);
      best.gain = gainOf(points[best.at]!, others, reference);
      best.known = chosen.length;
    }
  }
  return chosen;
}

/** What a point adds to the hypervolume of others: 0 where it does not lie below the reference. */
function gainOf(point: Point, others: readonly Point[], reference: Point): number {
  if (!point.every((value, i) => value < reference[i]!)) return 0;
  const box = point.reduce((product, value, i) => product * (reference[i]! - value), 1);
  const limited = limitedBy(point, others);
  return box - hypervolume(limited, reference);
}

/** Points as far as they lie in the box of another one. */
function limitedBy(point: Point, others: readonly Point[]): Point[] {
  const limit = (other: Point) => other.map((value, i) => Math.max(value, point[i]!));
  return others.map(limit);
}

function sweep(front: readonly Point[], [right = 0, top = 0]: Point): number {
  let area = 0;
  let above = top;
  for (const [x = 0, y = 0] of front.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)) {
    area += (right - x) * Math.max(0, above - y);
    above = Math.min(above, y);
  }
  return area;
}

function wfg(front: readonly Point[], reference: Point): number {
  const sorted = front.toSorted((a, b) => b[0]! - a[0]!);
  const parts = sorted.map((point, i) => exclusive(point, sorted.slice(i + 1), reference));
  return parts.reduce((sum, part) => sum + part, 0);
}

/** The volume of a point less what the others take of it. */
function exclusive(point: Point, others: readonly Point[], reference: Point): number {
  const box = point.reduce((product, value, i) => product * (reference[i]! - value), 1);
  const limited = limitedBy(point, others);
  return (
    box -
    wfg(
      paretoFront(limited).map((i) => limited[i]!),
      reference,
    )
  );
}
