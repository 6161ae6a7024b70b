import type { HostTensor } from '#inference';
import { DatasetError } from './errors.js';
import { preparePreprocessing, type SampleType } from './preprocess.js';
import type { HostData } from './dtype.js';

/**
 * `size` samples, one after the other in `data`, as the tensor of an input whose samples lie along `axis`; null for an
 * input that takes a single sample without an axis for it. Throws DatasetError for more than one of those.
 */
export function batchTensor(sample: SampleType, data: HostData, size: number, axis: number | null): HostTensor {
  const { type, dims } = sample;
  if (axis === 0) return { type, dims: [size, ...dims], data } as HostTensor;
  if (axis === null) {
    if (size === 1) return { type, dims: [...dims], data } as HostTensor;
    throw new DatasetError('dataset_shape', 'an input without a batch axis takes one sample', {
      expected: 'batches of 1',
      got: `${size}`,
    });
  }
  if (axis > dims.length)
    throw new DatasetError('dataset_shape', 'batchAxis lies outside of the samples', {
      expected: `0..${dims.length} for samples of [${dims}]`,
      got: `${axis}`,
      wayOut: 'correct batchAxis in the manifest',
    });
  const perm = [...dims.map((_, at) => at + 1)];
  perm.splice(axis, 0, 0);
  const turn = preparePreprocessing([{ op: 'transpose', perm }], { type, dims: [size, ...dims] });
  return { type, dims: turn.result.dims, data: turn.apply(data, 1) } as HostTensor;
}

/** The bytes of a batch's tensor with the samples one after the other, whatever axis they lie along. */
export function samplesFirst({ type, dims, data }: HostTensor, axis: number | null): Uint8Array {
  const { buffer, byteOffset, byteLength } = axis === null || axis === 0 ? data : turned(type, dims, data, axis);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function turned(type: HostTensor['type'], dims: readonly number[], data: HostData, axis: number): HostData {
  const perm = [axis, ...dims.map((_, at) => at).filter((at) => at !== axis)];
  return preparePreprocessing([{ op: 'transpose', perm }], { type, dims }).apply(data, 1);
}
