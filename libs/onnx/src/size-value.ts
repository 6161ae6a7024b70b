import { LAYOUTS } from './data-type.js';
import { toInt64 } from './int64.js';
import { DataType, type NodeProto, type TensorProto } from './proto.js';
import { elementCount, makeTensor, tensorDims, tensorToNumbers } from './tensor.js';

/** Longer lists are weights, not sizes. */
export const MAX_SIZE_ELEMENTS = 64;

/** Floats are scales of a Resize at most. */
const MAX_FLOATS = 8;

/** A small tensor in which a graph reckons with sizes, its elements exact for its type. */
export interface SizeValue {
  type: DataType;
  dims: readonly number[];
  values: readonly number[];
}

/** What a rule may ask about the inputs of its node. */
export interface KnownSizes {
  shape(value: string | undefined): readonly number[] | undefined;
  size(value: string | undefined): SizeValue | undefined;
}

export type SizeRule = (node: NodeProto, known: KnownSizes) => SizeValue | undefined;

/** A list of INT64. */
export function int64List(values: readonly number[]): SizeValue {
  return { type: DataType.INT64, dims: [values.length], values };
}

/** A constant as a size; undefined where it is too large, or of a type that sizes do not have. */
export function sizeOf(tensor: TensorProto): SizeValue | undefined {
  const dims = tensorDims(tensor);
  const most = isFloatType(tensor.dataType) ? MAX_FLOATS : MAX_SIZE_ELEMENTS;
  if (!SIZE_TYPES.has(tensor.dataType) || elementCount(dims) > most) return undefined;
  return { type: tensor.dataType, dims, values: tensorToNumbers(tensor) };
}

/** A size as a tensor of the given name. */
export function sizeTensor(name: string, { type, dims, values }: SizeValue): TensorProto {
  const Elements = LAYOUTS[type]!.array;
  const data = new Elements(values.length);
  const elements = data as { [index: number]: number | bigint };
  values.forEach((value, i) => (elements[i] = type === DataType.INT64 ? toInt64(value) : value));
  return makeTensor(name, type, dims, data);
}

/** A number as an element of a type: cut to a whole number, rounded to float32, or a truth value. */
export function asType(value: number, type: DataType): number {
  if (type === DataType.BOOL) return Number(value !== 0);
  if (type === DataType.DOUBLE) return value;
  return type === DataType.FLOAT ? Math.fround(value) : Math.trunc(value);
}

/** Whether sizes of a type may have fractions. */
export function isFloatType(type: number): boolean {
  return type === DataType.FLOAT || type === DataType.DOUBLE;
}

/** Types in which sizes are reckoned with. */
export const SIZE_TYPES: ReadonlySet<number> = new Set([
  DataType.INT64,
  DataType.INT32,
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.BOOL,
]);
