import type { DetectionOptions } from '#contracts';
import type { HostTensors } from '#inference';
import { outputNamed } from '../read-output.js';
import { fromCentre, type Box, type Detection } from './box.js';
import { boxNumbers, findBoxOutputs, rowsOf, type BoxOutputs } from './box-outputs.js';
import { detectionsOf } from './class-scores.js';
import type { OpenHead } from './head.js';

/** Boxes that the graph has decoded, [batch, n, 4], beside scores, and class numbers where scores are one a box. */
export const boxes: OpenHead = (first, size, options) => {
  const named = findBoxOutputs(first, size, options);
  return {
    output: `${named.boxes}, ${named.scores}`,
    decode: (outputs, count) =>
      Array.from({ length: count }, (_, image) => read(outputs, named, { image, count, options })),
  };
};

interface Place {
  image: number;
  /** Images of the batch. */
  count: number;
  options: DetectionOptions;
}

function read(outputs: HostTensors, named: BoxOutputs, { image, count: size, options }: Place): Detection[] {
  const count = rowsOf(outputNamed(outputs, named.boxes, 'boxes'), size);
  const corners = boxNumbers(outputs, named.boxes, { size, count }).values;
  const scores = boxNumbers(outputs, named.scores, { size, count });
  const classes = options.classes === undefined ? null : boxNumbers(outputs, options.classes, { size, count }).values;
  const found: Detection[] = [];
  for (let b = 0; b < count; b++) {
    const row = image * count + b;
    const box = boxAt(corners, 4 * row, options);
    const offset = row * scores.width;
    if (!classes) {
      found.push(...detectionsOf(box, { ...scores, offset }, options));
      continue;
    }
    const score = scores.values[offset] ?? NaN;
    const number = (classes[row] ?? NaN) - (options.background ? 1 : 0);
    if (score >= options.scoreThreshold) found.push({ box, score, class: number });
  }
  return found;
}

function boxAt(values: ArrayLike<number>, offset: number, { form }: DetectionOptions): Box {
  const [a, b, c, d] = [0, 1, 2, 3].map((k) => values[offset + k] ?? NaN) as [number, number, number, number];
  return form === 'centre' ? fromCentre(a, b, c, d) : [a, b, c, d];
}
