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
  const variances = settings?.variances ?? [1, 1];
  return {
    output: `${named.boxes}, ${named.scores}`,
    decode(outputs, count) {
      const place = { size: count, count: priors.length };
      const shifts = boxNumbers(outputs, named.boxes, place).values;
      const scores = boxNumbers(outputs, named.scores, place);
      return Array.from({ length: count }, (_, image) =>
        priors.flatMap((prior, p): Detection[] => {
          const row = image * priors.length + p;
          const box = shifted(prior, shifts, 4 * row, variances);
          return detectionsOf(box, { ...scores, offset: row * scores.width }, options);
        }),
      );
    },
  };
};

/** Stride by stride, row by row of its grid, cell by cell, size by size, ratio by ratio. */
export function priorsOf({ input: [height, width], strides, sizes, ratios }: PriorSettings): Prior[] {
  return strides.flatMap((stride, s) => {
    const rows = Math.ceil(height / stride);
    const columns = Math.ceil(width / stride);
    const shapes = (sizes[s] ?? []).flatMap((size) =>
      ratios.map((ratio): [number, number] => [size * Math.sqrt(ratio), size / Math.sqrt(ratio)]),
    );
    return Array.from({ length: rows * columns }, (_, cell) => cell).flatMap((cell) => {
      const x = ((cell % columns) + 0.5) * stride;
      const y = (Math.floor(cell / columns) + 0.5) * stride;
      return shapes.map(([w, h]): Prior => [x, y, w, h]);
    });
  });
}

/** The box that a prior becomes: its centre moved in units of its size, its size multiplied by an exponential. */
function shifted(
  [x, y, width, height]: Prior,
  shifts: ArrayLike<number>,
  offset: number,
  [ofCentre, ofSize]: readonly [number, number],
): Box {
  const shift = (k: number) => shifts[offset + k] ?? NaN;
  return fromCentre(
    x + shift(0) * ofCentre * width,
    y + shift(1) * ofCentre * height,
    width * Math.exp(shift(2) * ofSize),
    height * Math.exp(shift(3) * ofSize),
  );
}
