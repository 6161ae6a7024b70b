import { readFileSync } from 'node:fs';
import type { BenchmarkInput } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { madeUpValues, storedValues } from '#measurement';
import { seededRandom, type NumberArray } from '#numbers';
import { MeasuringError } from '../errors.js';
import type { Fed, StoredInputs } from './messages.js';

/** Different inputs that runs take in turn, so that no single one decides the figure. */
const FEEDS = 8;

/** Feeds that runs take in turn: samples of the data set, or made up from the seed. Throws MeasuringError. */
export function feedsOf({ inputs, stored }: Fed, seed: number, count = FEEDS): HostTensors[] {
  if (stored === null) return Array.from({ length: count }, (_, index) => madeUp(inputs, seed + index));
  const file = readFileSync(stored.path);
  return Array.from({ length: count }, (_, index) => fromFile(inputs, stored, file, index));
}

function madeUp(inputs: readonly BenchmarkInput[], seed: number): HostTensors {
  const random = seededRandom(seed);
  return tensors(inputs, ({ type }, count) => madeUpValues(type, count, random), 'nothing is made up for');
}

function fromFile(inputs: readonly BenchmarkInput[], { rows }: StoredInputs, file: Uint8Array, index: number) {
  const read = ({ name, type }: BenchmarkInput, count: number) =>
    storedValues(file, rows, { name, type, count, index });
  return tensors(inputs, read, 'the samples of the data set do not fit');
}

function tensors(
  inputs: readonly BenchmarkInput[],
  valuesOf: (input: BenchmarkInput, count: number) => NumberArray | null,
  trouble: string,
): HostTensors {
  const entries = inputs.map((input): [string, HostTensor] => {
    const { name, type, dims } = input;
    const data = valuesOf(
      input,
      dims.reduce((product, dim) => product * dim, 1),
    );
    if (!data) throw new MeasuringError('benchmark_input', `${trouble} input "${name}" of type ${type}`, true);
    return [name, { type, dims, data } as HostTensor];
  });
  return Object.fromEntries(entries);
}
