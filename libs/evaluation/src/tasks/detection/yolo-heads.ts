import type { HostTensor } from '#inference';
import { chooseOutput, numbersOf, outputNamed } from '../read-output.js';
import { fromCentre, isCandidate, type Detection } from './box.js';
import { detectionsOf } from './class-scores.js';
import type { OpenHead } from './head.js';

/**
 * [batch, 4 + classes, n]: centre and size, then class scores, a column a box (YOLOv8 and v11 as Ultralytics export
 * them).
 */
export const yolov8: OpenHead = (first, size, options) => {
  const wanted = `[${size}, 4 + classes, boxes] with more boxes than rows`;
  const fits = ({ dims: [batch, rows = 0, boxes = 0, more] }: HostTensor) =>
    batch === size && more === undefined && rows >= 5 && boxes > rows;
  const output = chooseOutput(first, { name: options.boxes, wanted, fits });
  return {
    output,
    decode(outputs, count) {
      const [, rows = 0, boxes = 0] = outputNamed(outputs, output, wanted).dims;
      const columns = numbersOf(outputs, output);
      const row = new Float64Array(rows);
      return images(count, (image) => {
        const found: Detection[] = [];
        for (let b = 0; b < boxes; b++) {
          for (let r = 0; r < rows; r++) row[r] = columns[(image * rows + r) * boxes + b] ?? NaN;
          const box = fromCentre(row[0] ?? NaN, row[1] ?? NaN, row[2] ?? NaN, row[3] ?? NaN);
          found.push(...detectionsOf(box, { values: row, offset: 4, width: rows - 4 }, options));
        }
        return found;
      });
    },
  };
};

/** [batch, n, 5 + classes]: centre and size, objectness, class scores, a row a box (YOLOv5 to v7). */
export const yolov5: OpenHead = (first, size, options) => {
  const wanted = `[${size}, boxes, 5 + classes]`;
  const fits = ({ dims: [batch, , columns = 0, more] }: HostTensor) =>
    batch === size && more === undefined && columns >= 6;
  const output = chooseOutput(first, { name: options.boxes, wanted, fits });
  return {
    output,
    decode(outputs, count) {
      const [, boxes = 0, columns = 0] = outputNamed(outputs, output, wanted).dims;
      const values = numbersOf(outputs, output);
      const at = (place: number) => values[place] ?? NaN;
      return images(count, (image) => {
        const found: Detection[] = [];
        for (let b = 0; b < boxes; b++) {
          const o = (image * boxes + b) * columns;
          const box = fromCentre(at(o), at(o + 1), at(o + 2), at(o + 3));
          const scores = { values, offset: o + 5, width: columns - 5, factor: at(o + 4) };
          found.push(...detectionsOf(box, scores, options));
        }
        return found;
      });
    },
  };
};

/**
 * [batch, n, 6]: corners, score and class of boxes that the graph has suppressed already (YOLOv10 and detectors like
 * it).
 */
export const rows: OpenHead = (first, size, options) => {
  const wanted = `[${size}, boxes, 6]`;
  const fits = ({ dims: [batch, , columns, more] }: HostTensor) =>
    batch === size && more === undefined && columns === 6;
  const output = chooseOutput(first, { name: options.boxes, wanted, fits });
  return {
    output,
    decode(outputs, count) {
      const [, boxes = 0] = outputNamed(outputs, output, wanted).dims;
      const values = numbersOf(outputs, output);
      const at = (place: number) => values[place] ?? NaN;
      return images(count, (image) =>
        Array.from({ length: boxes }, (_, b): Detection => {
          const o = (image * boxes + b) * 6;
          return { box: [at(o), at(o + 1), at(o + 2), at(o + 3)], score: at(o + 4), class: Math.round(at(o + 5)) };
        }).filter(({ score }) => isCandidate(score, options.scoreThreshold)),
      );
    },
  };
};

function images<T>(count: number, read: (image: number) => T): T[] {
  return Array.from({ length: count }, (_, image) => read(image));
}
