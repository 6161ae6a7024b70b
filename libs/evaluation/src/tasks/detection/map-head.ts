import type { HostTensor } from '#inference';
import { chooseOutput, numbersOf, outputNamed } from '../read-output.js';
import type { Box, Detection } from './box.js';
import type { OpenHead } from './head.js';
import { regionsOf, type Plane, type Region } from './regions.js';

/** How regions become boxes where the options say nothing: as PP-OCR has it. */
const DEFAULTS = { threshold: 0.3, grow: 1.5 };

/**
 * A map [batch, 1, height, width] of how sure the model is of each pixel, as detectors of text give it: connected
 * pixels are a box, grown since the model learned shrunken ones (Liao et al., Real-time Scene Text Detection with
 * Differentiable Binarization, 2020).
 */
export const map: OpenHead = (first, size, options) => {
  const wanted = `[${size}, 1, height, width]`;
  const fits = ({ dims: [batch, channels, , width, more] }: HostTensor) =>
    batch === size && channels === 1 && width !== undefined && more === undefined;
  const output = chooseOutput(first, { name: options.boxes, wanted, fits });
  const { threshold, grow } = options.regions ?? DEFAULTS;
  return {
    output,
    decode(outputs, count) {
      const [, , height = 0, width = 0] = outputNamed(outputs, output, wanted).dims;
      const values = numbersOf(outputs, output);
      return Array.from({ length: count }, (_, image) => {
        const plane = { values, offset: image * height * width, height, width };
        const found = regionsOf(plane, threshold)
          .map((region) => grown(region, grow, { height, width }))
          .filter(({ score }) => score >= options.scoreThreshold);
        return isWhole(plane) ? found : [...found, UNREADABLE];
      });
    },
  };
};

/** Stands for pixels whose scores are not numbers: nobody knows what lies there. */
const UNREADABLE: Detection = { box: [0, 0, 0, 0], score: NaN, class: 0 };

/** Whether all scores of the plane are numbers. */
function isWhole({ values, offset, height, width }: Plane): boolean {
  for (let p = offset; p < offset + height * width; p++) if (Number.isNaN(values[p])) return false;
  return true;
}

/**
 * The box about a region, each edge moved out by the area over the perimeter, times `grow`; cut at the edges of the
 * map.
 */
function grown({ box, mean }: Region, grow: number, { height, width }: { height: number; width: number }): Detection {
  const [left, top, right, bottom] = box;
  const [wide, high] = [right - left, bottom - top];
  const by = (grow * wide * high) / (2 * (wide + high));
  const moved: Box = [
    Math.max(0, left - by),
    Math.max(0, top - by),
    Math.min(width, right + by),
    Math.min(height, bottom + by),
  ];
  return { box: moved, score: mean, class: 0 };
}
