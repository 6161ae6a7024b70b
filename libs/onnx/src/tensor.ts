import { create } from '@bufbuild/protobuf';
import { LAYOUTS, dataTypeName, type TensorData } from './data-type.js';
import { InvalidTensorError } from './errors.js';
import { toInt64 } from './int64.js';
import { DataLocation, DataType, TensorProtoSchema, type TensorProto } from './proto.js';
import { roundHalfEven } from './rounding.js';

// Once per element of a model: a local constant is read faster than a global.
const toNumber = Number;

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(dims: readonly (number | bigint)[]): number {
  return dims.reduce<number>((product, dim) => product * Number(dim), 1);
}

/** A tensor's shape as numbers. */
export function tensorDims(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/**
 * A tensor's elements as a fresh typed array, one element per entry (packed 4- and 2-bit types are expanded,
 * float16 stays a bit pattern: see {@link tensorToFloats}). Throws InvalidTensorError when storage and shape disagree.
 */
export function tensorData(tensor: TensorProto): TensorData {
  const layout = LAYOUTS[tensor.dataType as DataType];
  if (!layout)
    throw new InvalidTensorError(tensor.name, `element type ${dataTypeName(tensor.dataType)} has no dense layout`);
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    throw new InvalidTensorError(tensor.name, 'its external data was not loaded; read the model with loadModel');
  }
  const count = elementCount(tensor.dims);
  if (tensor.rawData.length > 0 || count === 0) return fromRaw(tensor, layout.bits, layout.array, count);
  return fromFields(tensor, layout.array, count);
}

/** A tensor's elements as float32, whatever its numeric type (64-bit values lose precision). */
export function tensorToFloats(tensor: TensorProto): Float32Array {
  const data = tensorData(tensor);
  if (data instanceof Float32Array) return data;
  if (tensor.dataType === DataType.FLOAT16) return Float32Array.from(data as Uint16Array, halfToFloat);
  if (tensor.dataType === DataType.BFLOAT16) return Float32Array.from(data as Uint16Array, bfloatToFloat);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A tensor's elements as plain numbers; meant for small integer tensors such as shapes and axes. */
export function tensorToNumbers(tensor: TensorProto): number[] {
  return Array.from(tensorData(tensor) as ArrayLike<number | bigint>, Number);
}

/** A tensor's integers as a typed array of numbers; 64-bit ones beyond 2^53 lose precision. */
export function tensorToIntegers(tensor: TensorProto): Exclude<TensorData, BigInt64Array | BigUint64Array> {
  const data = tensorData(tensor);
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data as ArrayLike<bigint>, Number)
    : data;
}

/**
 * A dense tensor with `data` packed as `dataType` asks. `data` has one entry per element, in whatever typed array holds
 * them.
 */
export function makeTensor(name: string, dataType: DataType, dims: readonly number[], data: TensorData): TensorProto {
  const layout = LAYOUTS[dataType];
  if (!layout) throw new InvalidTensorError(name, `element type ${dataTypeName(dataType)} has no dense layout`);
  if (elementCount(dims) !== data.length) {
    throw new InvalidTensorError(name, `shape [${dims}] has ${elementCount(dims)} elements, got ${data.length}`);
  }
  return create(TensorProtoSchema, {
    name,
    dataType,
    dims: dims.map(BigInt),
    rawData:
      layout.bits < 8
        ? packBits(data, layout.bits)
        : bytesOf(data instanceof layout.array ? data : converted(data, layout.array)),
  });
}

/** Floats in the storage of a float type, rounded to nearest even where it is narrower. */
export function floatsToData(dataType: DataType, values: ArrayLike<number>): TensorData {
  switch (dataType) {
    case DataType.FLOAT16:
      return Uint16Array.from(values, floatToHalf);
    case DataType.BFLOAT16:
      return Uint16Array.from(values, floatToBfloat);
    case DataType.DOUBLE:
      return Float64Array.from(values);
    default:
      return Float32Array.from(values);
  }
}

/** A float32 tensor. */
export function floatTensor(name: string, dims: readonly number[], values: ArrayLike<number>): TensorProto {
  return makeTensor(name, DataType.FLOAT, dims, Float32Array.from(values));
}

/** An int64 tensor, the type of shapes, axes and indices. */
export function int64Tensor(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return makeTensor(name, DataType.INT64, dims, BigInt64Array.from(values, toInt64));
}

/**
 * Packs integers into `bits`-wide two's complement fields, first element in the lowest bits (ONNX spec, "packed
 * types").
 */
export function packBits(values: TensorData, bits: number): Uint8Array<ArrayBuffer> {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const packed = new Uint8Array(Math.ceil(values.length / perByte));
  for (let i = 0; i < values.length; i++) {
    const place = i % perByte;
    packed[(i - place) / perByte]! |= (toNumber(values[i]) & mask) << (place * bits);
  }
  return packed;
}

/** The inverse of {@link packBits}; signed fields are sign-extended. */
export function unpackBits(packed: Uint8Array, bits: number, count: number, signed: boolean): Int8Array | Uint8Array {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const values = signed ? new Int8Array(count) : new Uint8Array(count);
  const shift = 8 - bits;
  for (let i = 0; i < count; i++) {
    const place = i % perByte;
    const field = (packed[(i - place) / perByte]! >> (place * bits)) & mask;
    values[i] = signed ? ((field << shift) << 24) >> (24 + shift) : field;
  }
  return values;
}

/** IEEE 754 binary16 bits to float. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Float to IEEE 754 binary16 bits, rounding to nearest even. */
export function floatToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude / 2 ** -24);
  const exponent = Math.floor(Math.log2(magnitude));
  const fraction = roundHalfEven((magnitude / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}

function bfloatToFloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

/** Float to bfloat16 bits: the upper half of its float32 bits, rounded to nearest even. */
export function floatToBfloat(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function converted(data: TensorData, array: new (length: number) => TensorData): TensorData {
  const copy = new array(data.length);
  const wide = copy instanceof BigInt64Array || copy instanceof BigUint64Array;
  for (let i = 0; i < data.length; i++) copy[i] = (wide ? BigInt(data[i]!) : Number(data[i])) as never;
  return copy;
}

function bytesOf(data: TensorData): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice();
}

function fromRaw(
  tensor: TensorProto,
  bits: number,
  array: new (length: number) => TensorData,
  count: number,
): TensorData {
  const expected = Math.ceil((count * bits) / 8);
  if (tensor.rawData.length !== expected) {
    const wanted = `shape [${tensor.dims}] of ${dataTypeName(tensor.dataType)} needs ${expected} bytes`;
    throw new InvalidTensorError(tensor.name, `${wanted}, got ${tensor.rawData.length}`);
  }
  if (bits < 8) return unpackBits(tensor.rawData, bits, count, array === Int8Array);
  // rawData is a view of the file buffer and often not aligned: copy the bytes into the new array.
  const data = new array(count);
  new Uint8Array(data.buffer, 0, expected).set(tensor.rawData);
  return data;
}

function fromFields(tensor: TensorProto, array: new (length: number) => TensorData, count: number): TensorData {
  const field: ArrayLike<number | bigint> = typedField(tensor);
  const bits = LAYOUTS[tensor.dataType as DataType]!.bits;
  if (bits < 8) {
    const bytes = Uint8Array.from(field as ArrayLike<number>);
    if (bytes.length < Math.ceil((count * bits) / 8)) throw wrongCount(tensor, count, field.length);
    return unpackBits(bytes, bits, count, array === Int8Array);
  }
  if (field.length !== count) throw wrongCount(tensor, count, field.length);
  const data = new array(count);
  for (let i = 0; i < count; i++) data[i] = field[i] as never;
  return data;
}

function typedField(tensor: TensorProto): ArrayLike<number | bigint> {
  switch (tensor.dataType as DataType) {
    case DataType.FLOAT:
      return tensor.floatData;
    case DataType.DOUBLE:
      return tensor.doubleData;
    case DataType.INT64:
      return tensor.int64Data;
    case DataType.UINT32:
      return tensor.uint64Data.map(Number);
    case DataType.UINT64:
      return tensor.uint64Data;
    default:
      return tensor.int32Data;
  }
}

function wrongCount(tensor: TensorProto, expected: number, got: number): InvalidTensorError {
  return new InvalidTensorError(tensor.name, `shape [${tensor.dims}] has ${expected} elements, got ${got}`);
}
