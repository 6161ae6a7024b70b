import type { BenchmarkInput, DatasetInspection, ValueSummary } from '#contracts';
import { sourceOf } from '#datasets';
import { ProcessError } from '#process';

/**
 * Inputs with every size known: those that the model fixes, the batch that is asked for, and else what a sample of the data set has. Throws
 * ProcessError `benchmark_input` for a size that nothing tells.
 */
export function benchmarkInputs(
  inputs: readonly ValueSummary[],
  dataset: Pick<DatasetInspection, 'inputs'> | null,
  batch: number,
): BenchmarkInput[] {
  const available = Object.keys(dataset?.inputs ?? {});
  const names = inputs.map(({ name }) => name);
  return inputs.map((input) => {
    const source = sourceOf(input.name, available, names);
    const sample = source === null ? null : (dataset?.inputs[source]?.dims ?? null);
    return { name: input.name, type: input.type, dims: dimsOf(input, sample, batch) };
  });
}

function dimsOf({ name, dims }: ValueSummary, sample: readonly number[] | null, batch: number): number[] {
  const declared = dims ?? (sample ? ['batch', ...sample] : null);
  if (!declared) throw unknownSize(name, 'its rank is not declared');
  const isBatched = sample !== null && sample.length === declared.length - 1;
  return declared.map((dim, axis) => {
    if (typeof dim === 'number' && dim > 0) return dim;
    if (axis === 0) return batch;
    const size = isBatched ? sample[axis - 1] : undefined;
    if (size === undefined) throw unknownSize(name, `axis ${axis}, ${dim}, is open`);
    return size;
  });
}

function unknownSize(name: string, what: string): ProcessError {
  const message = `devices cannot make up input "${name}": ${what}, and no data set of the job tells its size`;
  return new ProcessError('benchmark_input', message, true);
}
