import { dataTypeName } from './data-type.js';
import { ExternalDataError, InvalidTensorError, ModelLimitError } from './errors.js';
import type { ModelLimits } from './limits.js';
import { DataLocation, DataType, type TensorProto } from './proto.js';

type Field = 'floatData' | 'doubleData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'stringData';

interface Storage {
  /** Bits of one element in rawData; 0 where the standard forbids rawData. */
  bits: number;
  /** Typed field that may hold the elements instead, and how many of its entries hold one element. */
  field: Field;
  entries: number;
}

/** Every element type of the standard, also those that we carry without reading them (onnx.proto, TensorProto). */
const STORAGE: Partial<Record<DataType, Storage>> = {
  [DataType.FLOAT]: { bits: 32, field: 'floatData', entries: 1 },
  [DataType.DOUBLE]: { bits: 64, field: 'doubleData', entries: 1 },
  [DataType.COMPLEX64]: { bits: 64, field: 'floatData', entries: 2 },
  [DataType.COMPLEX128]: { bits: 128, field: 'doubleData', entries: 2 },
  [DataType.INT64]: { bits: 64, field: 'int64Data', entries: 1 },
  [DataType.UINT64]: { bits: 64, field: 'uint64Data', entries: 1 },
  [DataType.UINT32]: { bits: 32, field: 'uint64Data', entries: 1 },
  [DataType.INT32]: { bits: 32, field: 'int32Data', entries: 1 },
  [DataType.INT16]: { bits: 16, field: 'int32Data', entries: 1 },
  [DataType.UINT16]: { bits: 16, field: 'int32Data', entries: 1 },
  [DataType.FLOAT16]: { bits: 16, field: 'int32Data', entries: 1 },
  [DataType.BFLOAT16]: { bits: 16, field: 'int32Data', entries: 1 },
  [DataType.INT8]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.UINT8]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.BOOL]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.FLOAT8E4M3FN]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.FLOAT8E4M3FNUZ]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.FLOAT8E5M2]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.FLOAT8E5M2FNUZ]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.FLOAT8E8M0]: { bits: 8, field: 'int32Data', entries: 1 },
  [DataType.INT4]: { bits: 4, field: 'int32Data', entries: 1 / 2 },
  [DataType.UINT4]: { bits: 4, field: 'int32Data', entries: 1 / 2 },
  [DataType.FLOAT4E2M1]: { bits: 4, field: 'int32Data', entries: 1 / 2 },
  [DataType.INT2]: { bits: 2, field: 'int32Data', entries: 1 / 4 },
  [DataType.UINT2]: { bits: 2, field: 'int32Data', entries: 1 / 4 },
  [DataType.STRING]: { bits: 0, field: 'stringData', entries: 1 },
};

/**
 * Checks a tensor's storage against its shape and type without expanding it; throws InvalidTensorError or
 * ModelLimitError.
 */
export function checkTensor(tensor: TensorProto, limits: ModelLimits): void {
  const storage = storageOf(tensor);
  const count = checkedCount(tensor.name, tensor.dims, limits);
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    throw new ExternalDataError(
      tensor.name,
      externalFile(tensor),
      'save the model as one file, as onnx.save(model, path) does by default and torch.onnx.export with ' +
        'external_data=False, or push it with the coldpress command or as a form, with the files of its data',
    );
  }
  const stored = tensor[storage.field].length;
  const expected = Math.ceil(count * storage.entries);
  if (tensor.rawData.length > 0) {
    checkRaw(tensor, storage, count, limits);
    if (stored > 0) throw new InvalidTensorError(tensor.name, `it holds both rawData and ${storage.field}`);
  } else if (stored !== expected) {
    throw new InvalidTensorError(
      tensor.name,
      `shape [${tensor.dims}] needs ${expected} entries in ${storage.field}, got ${stored}`,
    );
  }
}

/** Where a tensor says that its external data lies. Throws InvalidTensorError where it does not. */
export function externalFile({ name, externalData }: TensorProto): string {
  const location = externalData.find(({ key }) => key === 'location')?.value;
  if (!location) throw new InvalidTensorError(name, 'its external data names no location');
  return location;
}

/** Bytes that a tensor's elements take when they are stored raw; checks type and shape, not the storage. */
export function rawByteCount(tensor: TensorProto, limits: ModelLimits): number {
  const { bits } = storageOf(tensor);
  if (bits === 0)
    throw new InvalidTensorError(
      tensor.name,
      `elements of type ${dataTypeName(tensor.dataType)} cannot lie in an external file`,
    );
  const bytes = Math.ceil((checkedCount(tensor.name, tensor.dims, limits) * bits) / 8);
  if (bytes > limits.tensorBytes) throw new ModelLimitError('tensorBytes', bytes, limits.tensorBytes);
  return bytes;
}

/**
 * Number of elements of declared dimensions; throws on negative ones and past the limits, before anything is allocated.
 */
export function checkedCount(name: string, dims: readonly bigint[], limits: ModelLimits): number {
  if (dims.length > limits.rank) throw new ModelLimitError('rank', dims.length, limits.rank);
  if (dims.some((dim) => dim < 0n)) throw new InvalidTensorError(name, `shape [${dims}] has a negative dimension`);
  const count = dims.includes(0n) ? 0 : dims.reduce((product, dim) => product * Number(dim), 1);
  if (count > limits.tensorElements) throw new ModelLimitError('tensorElements', count, limits.tensorElements);
  return count;
}

function storageOf(tensor: TensorProto): Storage {
  const storage = STORAGE[tensor.dataType as DataType];
  if (!storage)
    throw new InvalidTensorError(
      tensor.name,
      `element type ${dataTypeName(tensor.dataType)} is not one of the standard`,
    );
  if (tensor.segment)
    throw new InvalidTensorError(tensor.name, 'it is split into segments, which the standard no longer defines');
  return storage;
}

function checkRaw(tensor: TensorProto, { bits }: Storage, count: number, limits: ModelLimits): void {
  if (bits === 0) throw new InvalidTensorError(tensor.name, 'strings cannot be stored in rawData');
  if (tensor.rawData.length > limits.tensorBytes)
    throw new ModelLimitError('tensorBytes', tensor.rawData.length, limits.tensorBytes);
  const expected = Math.ceil((count * bits) / 8);
  if (tensor.rawData.length !== expected) {
    const wanted = `shape [${tensor.dims}] of ${dataTypeName(tensor.dataType)} needs ${expected} bytes`;
    throw new InvalidTensorError(tensor.name, `${wanted}, got ${tensor.rawData.length}`);
  }
}
