import type { BenchmarkInput, DatasetInspection, ValueSummary } from '#contracts';
import { sourceOf } from '#datasets';
import { ProcessError } from '#process';

/**
 * Inputs with every size known: those that the model fixes, the batch that is asked for, and else what a sample of the
 * data set has. Throws ProcessError `benchmark_input` for a size that nothing tells.
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
    const sample = source === null ? null : (dataset?.inputs[source] ?? null);
    return { name: input.name, type: input.type, dims: dimsOf(input, sample, batch) };
  });
}

type Sample = Pick<DatasetInspection['inputs'][string], 'dims' | 'batchAxis'>;

function dimsOf({ name, dims }: ValueSummary, sample: Sample | null, batch: number): number[] {
  const { batchAxis = 0 } = sample ?? {};
  const whole = sample && (batchAxis === null ? sample.dims : sample.dims.toSpliced(batchAxis, 0, batch));
  const declared = dims ?? whole;
  if (!declared) throw unknownSize(name, 'its rank is not declared');
  const fits = whole?.length === declared.length;
  return declared.map((dim, axis) => {
    if (typeof dim === 'number' && dim > 0) return dim;
    if (axis === batchAxis) return batch;
    const size = fits ? whole[axis] : undefined;
    if (size === undefined) throw unknownSize(name, `axis ${axis}, ${dim}, is open`);
    return size;
  });
}

function unknownSize(name: string, what: string): ProcessError {
  const message = `devices cannot make up input "${name}": ${what}, and no data set of the job tells its size`;
  return new ProcessError('benchmark_input', message, true);
}
