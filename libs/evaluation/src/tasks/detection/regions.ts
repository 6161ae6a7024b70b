import type { Box } from './box.js';

/** One plane of an output. */
export interface Plane {
  values: ArrayLike<number>;
  offset: number;
  height: number;
  width: number;
}

/** Pixels above a threshold that hang together by their edges. */
export interface Region {
  /** From the first pixel's edge to behind the last. */
  box: Box;
  /** Mean of its pixels' values. */
  mean: number;
}

/** Pixels of regions that are told from specks. */
const LEAST_PIXELS = 4;

/** The regions of a plane, top to bottom. */
export function regionsOf(plane: Plane, threshold: number): Region[] {
  const { values, offset, height, width } = plane;
  const isOpen = Uint8Array.from({ length: height * width }, (_, p) => Number((values[offset + p] ?? 0) > threshold));
  const regions: Region[] = [];
  for (let pixel = 0; pixel < isOpen.length; pixel++) {
    if (!isOpen[pixel]) continue;
    const { count, ...region } = flood(plane, isOpen, pixel);
    if (count >= LEAST_PIXELS) regions.push(region);
  }
  return regions;
}

/** Takes all pixels that hang together with one. */
function flood({ values, offset, width }: Plane, isOpen: Uint8Array, start: number): Region & { count: number } {
  let [left, top, right, bottom, sum, count] = [Infinity, Infinity, 0, 0, 0, 0];
  const pending = [start];
  isOpen[start] = 0;
  while (pending.length > 0) {
    const pixel = pending.pop() ?? 0;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    sum += values[offset + pixel] ?? 0;
    count++;
    const beside = [...(x > 0 ? [pixel - 1] : []), ...(x < width - 1 ? [pixel + 1] : []), pixel - width, pixel + width];
    for (const next of beside) {
      if (!isOpen[next]) continue;
      isOpen[next] = 0;
      pending.push(next);
    }
  }
  return { box: [left, top, right, bottom], mean: sum / count, count };
}
