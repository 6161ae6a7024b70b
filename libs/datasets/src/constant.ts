import type { DatasetInput, StateForm } from '#contracts';
import type { HostTensor } from '#inference';
import { ARRAYS } from '#numbers';
import type { HostData, HostType } from './dtype.js';
import { preparePreprocessing, type SampleType } from './preprocess.js';

/**
 * The tensor of an input that is the same for every sample. Throws DatasetError for a value that its type cannot hold.
 */
export function filledTensor({ constant = 0, type = 'float32' }: DatasetInput): HostTensor {
  const values = Float64Array.from(Array.isArray(constant) ? constant : [constant]);
  const dims = Array.isArray(constant) ? [values.length] : [];
  return { type, dims, data: converted(values, type) } as HostTensor;
}

/** Type and shape of a state for one sample. */
export function stateSample({ type, dims }: StateForm): SampleType {
  return { type, dims };
}

/** The same value so many times. Throws DatasetError for one that the type cannot hold. */
export function filled(value: number, length: number, type: HostType): HostData {
  const [one = 0] = converted(Float64Array.of(value), type);
  return new ARRAYS[type](length).fill(one as never);
}

function converted(values: Float64Array<ArrayBuffer>, type: HostType): HostData {
  const sample = { type: 'float64', dims: [values.length] } as const;
  return preparePreprocessing([{ op: 'cast', to: type }], sample).apply(values, 1);
}
