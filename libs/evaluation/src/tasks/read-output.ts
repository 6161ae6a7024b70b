import type { HostTensor, HostTensors } from '#inference';
import { TaskOutputError } from '../errors.js';
import { floatValues } from '../float-values.js';

/** The output of that name. Throws TaskOutputError. */
export function outputNamed(outputs: HostTensors, name: string, wanted: string): HostTensor {
  const output = outputs[name];
  if (!output) throw new TaskOutputError(wanted, outputs, `there is no output "${name}"`);
  return output;
}

/** The output that a task reads: the one that the options name, else the first that fits. Throws TaskOutputError. */
export function chooseOutput(
  outputs: HostTensors,
  { name, wanted, fits }: { name: string | undefined; wanted: string; fits(output: HostTensor): boolean },
): string {
  if (name !== undefined) {
    if (!fits(outputNamed(outputs, name, wanted)))
      throw new TaskOutputError(wanted, outputs, `output "${name}" is not of that shape`);
    return name;
  }
  const found = Object.entries(outputs).find(([, output]) => fits(output));
  if (!found) throw new TaskOutputError(wanted, outputs, 'no output is of that shape');
  return found[0];
}

/** An output's numbers, whatever they are stored as. Throws TaskOutputError where a model lost the output. */
export function numbersOf(outputs: HostTensors, name: string): ArrayLike<number> {
  const values = floatValues(outputNamed(outputs, name, 'the output that the baseline has'));
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values;
}

/** Axes that hold more than one entry, behind the batch. */
export function widthsOf({ dims }: HostTensor): number[] {
  return dims.slice(1).filter((dim) => dim !== 1);
}

/**
 * Whether samples of these dimensions are read alike: the same axes in the same order but for those of one entry, or
 * one of the two in a single row.
 */
export function isReadAlike(dims: readonly number[], others: readonly number[]): boolean {
  const [axes, otherAxes] = [dims, others].map((all) => all.filter((dim) => dim !== 1)) as [number[], number[]];
  const [elements, otherElements] = [axes, otherAxes].map((all) => all.reduce((product, dim) => product * dim, 1));
  return (
    elements === otherElements && (Math.min(axes.length, otherAxes.length) < 2 || axes.join() === otherAxes.join())
  );
}

/** Elements of one of `size` samples. */
export function sampleWidth({ dims }: HostTensor): number {
  return dims.slice(1).reduce((product, dim) => product * dim, 1);
}

/**
 * The entry of the highest of `width` scores, the first of equal ones; null where one of them is not a number: such a
 * sample has no answer. `step` is how far its scores lie apart.
 */
export function highestOf(scores: ArrayLike<number>, offset: number, width: number, step = 1): number | null {
  let best = 0;
  for (let c = 0; c < width; c++) {
    const score = scores[offset + c * step] ?? NaN;
    if (Number.isNaN(score)) return null;
    if (score > (scores[offset + best * step] ?? NaN)) best = c;
  }
  return best;
}

/** Whether any of the numbers is none. */
export function hasNaN(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}
