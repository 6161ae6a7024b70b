import type { DetectionOptions } from '#contracts';
import type { HostTensors } from '#inference';
import { outputNamed } from '../read-output.js';
import { fromCentre, isCandidate, type Box, type Detection } from './box.js';
import { boxNumbers, findBoxOutputs, boxesPerImage, type BoxOutputs } from './box-outputs.js';
import { detectionsOf } from './class-scores.js';
import type { OpenHead } from './head.js';

/** Boxes that the graph has decoded, [batch, n, 4], beside scores, and class numbers where scores are one a box. */
export const boxes: OpenHead = (first, size, options) => {
  const named = findBoxOutputs(first, size, options);
  const image = (outputs: HostTensors, index: number, count: number) =>
    read(outputs, named, { image: index, count, options });
  return {
    output: `${named.boxes}, ${named.scores}`,
    decode: (outputs, count) => Array.from({ length: count }, (_, index) => image(outputs, index, count)),
  };
};

interface Place {
  image: number;
  /** Images of the batch. */
  count: number;
  options: DetectionOptions;
}

function read(outputs: HostTensors, named: BoxOutputs, { image, count: size, options }: Place): Detection[] {
  const count = boxesPerImage(outputNamed(outputs, named.boxes, 'boxes'), size);
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
    const raw = scores.values[offset] ?? NaN;
    const score = options.sigmoid ? 1 / (1 + Math.exp(-raw)) : raw;
    const number = (classes[row] ?? NaN) - (options.background === true ? 1 : 0);
    if (isCandidate(score, options.scoreThreshold)) found.push({ box, score, class: number });
  }
  return found;
}

function boxAt(values: ArrayLike<number>, offset: number, { form }: DetectionOptions): Box {
  const at = (k: number) => values[offset + k] ?? NaN;
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  switch (form) {
    case 'centre':
      return fromCentre(a, b, c, d);
    case 'yxyx':
      return [b, a, d, c];
    case 'xywh':
      return [a, b, a + c, b + d];
    default:
      return [a, b, c, d];
  }
}
