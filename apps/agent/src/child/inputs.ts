import type { BenchmarkInput } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { madeUpValues, seededDraws } from '#measurement';
import { MeasuringError } from '../errors.js';

/** Inputs made up from a seed. Throws MeasuringError for a type that nothing is made up for. */
export function makeInputs(inputs: readonly BenchmarkInput[], seed: number): HostTensors {
  const random = seededDraws(seed);
  return Object.fromEntries(inputs.map((input) => [input.name, makeInput(input, random)]));
}

function makeInput({ name, type, dims }: BenchmarkInput, random: () => number): HostTensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const data = madeUpValues(type, count, random);
  if (!data)
    throw new MeasuringError('benchmark_input', `nothing is made up for input "${name}" of type ${type}`, true);
  return { type, dims, data } as HostTensor;
}
