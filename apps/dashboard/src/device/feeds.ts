import type { Tensor } from 'onnxruntime-web';
import { madeUpValues, storedValues } from '#measurement';
import { seededRandom, type NumberArray } from '#numbers';
import type { BenchmarkInput } from '#contracts';
import type { BrowserFed } from './messages.js';
import type { Ort } from './runtime.js';

/** Different inputs that runs take in turn, so that no single one decides the figure. */
const FEEDS = 8;

export type BrowserFeed = Record<string, Tensor>;

/** Feeds that runs take in turn: samples of the data set, or made up from the seed. Throws TypeError. */
export function browserFeeds(ort: Ort, { inputs, stored }: BrowserFed, seed: number): BrowserFeed[] {
  return Array.from({ length: FEEDS }, (_, index) => {
    const random = seededRandom(seed + index);
    const valuesOf = ({ name, type }: BenchmarkInput, count: number) =>
      stored
        ? storedValues(stored.bytes, stored.rows, { name, type, count, index })
        : madeUpValues(type, count, random);
    return Object.fromEntries(inputs.map((input) => [input.name, tensor(ort, input, valuesOf)]));
  });
}

function tensor(
  ort: Ort,
  input: BenchmarkInput,
  valuesOf: (input: BenchmarkInput, count: number) => NumberArray | null,
) {
  const { name, type, dims } = input;
  const count = dims.reduce((product, dim) => product * dim, 1);
  const data = valuesOf(input, count);
  if (!data) throw new TypeError(`there are no values for input "${name}" of type ${type}`);
  return new ort.Tensor(type as 'float32', data as Float32Array, dims);
}
