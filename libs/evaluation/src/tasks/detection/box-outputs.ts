import type { DetectionOptions } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { chooseOutput, numbersOf, outputNamed } from '../read-output.js';

/** Two outputs that tell of the same boxes. */
export interface BoxOutputs {
  boxes: string;
  scores: string;
}

/**
 * Finds boxes [batch, n, 4] and scores [batch, n] or [batch, n, classes]; of a batch of one the first axis may be
 * missing.
 */
export function findBoxOutputs(outputs: HostTensors, size: number, options: DetectionOptions): BoxOutputs {
  const boxes = chooseOutput(outputs, {
    name: options.boxes,
    wanted: `[${size}, boxes, 4]`,
    fits: ({ dims }) => hasRows(dims, size) && dims.at(-1) === 4 && dims.length === rankOfRows(dims, size) + 1,
  });
  const count = boxesPerImage(outputNamed(outputs, boxes, ''), size);
  const isOther = (name: string) => name !== boxes && name !== options.classes;
  const others = Object.fromEntries(Object.entries(outputs).filter(([name]) => isOther(name)));
  const wanted = `[${size}, ${count}] or [${size}, ${count}, classes] scores`;
  const fits = (output: HostTensor) =>
    isFloating(output) && hasRows(output.dims, size) && boxesPerImage(output, size) === count;
  const scores = chooseOutput(others, { name: options.scores, wanted, fits });
  return { boxes, scores };
}

const isFloating = ({ type }: HostTensor) => type === 'float32' || type === 'float64' || type === 'float16';

/** Whether the first axis is the batch: it may be missing where one image is run at a time. */
function hasBatch(dims: readonly number[], size: number): boolean {
  return dims[0] === size && dims.length > 1 && !isAlone(dims, size);
}
const isAlone = (dims: readonly number[], size: number) => size === 1 && dims[0] !== 1;
const hasRows = (dims: readonly number[], size: number) => hasBatch(dims, size) || isAlone(dims, size);
const rankOfRows = (dims: readonly number[], size: number) => (hasBatch(dims, size) ? 2 : 1);

/** Boxes of one image. */
export function boxesPerImage({ dims }: HostTensor, size: number): number {
  return dims[hasBatch(dims, size) ? 1 : 0] ?? 0;
}

/** The numbers of an output, and how many a box has. */
export function boxNumbers(
  outputs: HostTensors,
  name: string,
  { size, count }: { size: number; count: number },
): { values: ArrayLike<number>; width: number } {
  const values = numbersOf(outputs, name);
  return { values, width: count === 0 ? 0 : values.length / (size * count) };
}
