import type { DetectionOptions } from '#contracts';
import { TaskOutputError } from '../../errors.js';
import { fromCentre, type Box, type Detection } from './box.js';
import { boxNumbers, findBoxOutputs } from './box-outputs.js';
import { detectionsOf } from './class-scores.js';
import type { OpenHead } from './head.js';

type PriorSettings = NonNullable<DetectionOptions['priors']>;

/** Centre and size of a prior, in pixels. */
export type Prior = readonly [x: number, y: number, width: number, height: number];

/** Shifts [batch, n, 4] of priors beside scores [batch, n, classes] (Liu et al., SSD, 2016). */
export const ssd: OpenHead = (first, size, options) => {
  const named = findBoxOutputs(first, size, options);
  const settings = options.priors;
  const priors = settings ? priorsOf(settings) : [];
  const present = first[named.boxes]?.dims.at(-2) ?? 0;
  if (present !== priors.length)
    throw new TaskOutputError(
      `${priors.length} shifts, one for each of the priors in the options`,
      first,
      `"${named.boxes}" has ${present} rows`,
    );
  const shiftOf = shifting(settings);
  return {
    output: `${named.boxes}, ${named.scores}`,
    decode(outputs, count) {
      const place = { size: count, count: priors.length };
      const shifts = boxNumbers(outputs, named.boxes, place).values;
      const scores = boxNumbers(outputs, named.scores, place);
      return Array.from({ length: count }, (_, image) =>
        priors.flatMap((prior, p): Detection[] => {
          const row = image * priors.length + p;
          const box = shiftOf(prior, shifts, 4 * row);
          return detectionsOf(box, { ...scores, offset: row * scores.width }, options);
        }),
      );
    },
  };
};

/** Stride by stride, row by row of its grid, cell by cell, size by size, ratio by ratio. */
export function priorsOf({ input: [height, width], strides, sizes, ratios }: PriorSettings): Prior[] {
  return strides.flatMap((stride, s) => {
    const rows = cellsOf(height, stride);
    const columns = cellsOf(width, stride);
    const shapes = (sizes[s] ?? []).flatMap((size) =>
      typeof size === 'number'
        ? ratios.map((ratio): [number, number] => [size * Math.sqrt(ratio), size / Math.sqrt(ratio)])
        : [size],
    );
    return Array.from({ length: rows * columns }, (_, cell) => cell).flatMap((cell) => {
      const x = ((cell % columns) + 0.5) * stride;
      const y = (Math.floor(cell / columns) + 0.5) * stride;
      return shapes.map(([w, h]): Prior => [x, y, w, h]);
    });
  });
}

/** Cells of a grid along one edge; a stride that was written with few digits makes none more. */
const cellsOf = (edge: number, stride: number): number => Math.ceil(edge / stride - ROUNDING);
const ROUNDING = 0.01;

/** The box that a prior becomes: its centre moved in units of its size, its size multiplied. */
function shifting(settings: PriorSettings | undefined) {
  const { variances: [ofCentre, ofSize] = [1, 1], change } = settings ?? {};
  const factorOf = change === 'linear' ? (shift: number) => shift : Math.exp;
  return ([x, y, width, height]: Prior, shifts: ArrayLike<number>, offset: number): Box => {
    const shift = (k: number) => shifts[offset + k] ?? NaN;
    return fromCentre(
      x + shift(0) * ofCentre * width,
      y + shift(1) * ofCentre * height,
      width * factorOf(shift(2) * ofSize),
      height * factorOf(shift(3) * ofSize),
    );
  };
}
