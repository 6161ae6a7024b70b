import { z } from 'zod';
import { Digest } from '../digest.js';

/** Name of the file of samples among the artifacts of a stage. */
export const INPUTS_FILE = 'benchmark-inputs.bin';

/** The values of one input in the file. */
export const InputRows = z.object({
  name: z.string(),
  rows: z.number().int().min(1).describe('How many follow each other.'),
  rowBytes: z.number().int().min(1).describe('Bytes of one: a run takes as many as fill the input.'),
});
export type InputRows = z.infer<typeof InputRows>;

/** What lies where: the rows of each input one after the other, numbers of its type, little-endian. */
export const InputsIndex = z.object({ inputs: z.array(InputRows).min(1) });
export type InputsIndex = z.infer<typeof InputsIndex>;

/** Samples of a data set that a device feeds to models, all inputs in one file. */
export const InputsFile = InputsIndex.extend({ digest: Digest }).meta({ id: 'InputsFile' });
export type InputsFile = z.infer<typeof InputsFile>;

/**
 * Where in the file the rows of an input lie that run `index` takes in a batch of so many: byte ranges, one after the
 * other. Rows go round. Null for an input that the file does not hold.
 */
export function rowsOfRun(
  inputs: readonly InputRows[],
  name: string,
  { index, batch }: { index: number; batch: number },
): { start: number; end: number }[] | null {
  let offset = 0;
  for (const { name: each, rows, rowBytes } of inputs) {
    const range = (row: number) => ({ start: offset + row * rowBytes, end: offset + (row + 1) * rowBytes });
    if (each === name) return Array.from({ length: batch }, (_, i) => range((index * batch + i) % rows));
    offset += rows * rowBytes;
  }
  return null;
}
