import { intAttribute, tensorAttribute } from './attributes.js';
import { integerLimits } from './data-type.js';
import { GraphError } from './errors.js';
import type { Graph } from './graph.js';
import { DataType, type NodeProto, type TensorProto } from './proto.js';
import { elementCount, floatToHalf, makeTensor, tensorDims, tensorToFloats, tensorToNumbers } from './tensor.js';

/** How a weight is kept in the file. */
export type WeightStorage =
  | { kind: 'initializer'; tensor: TensorProto }
  | { kind: 'constant'; tensor: TensorProto; node: NodeProto }
  | { kind: 'dequantized'; tensor: TensorProto; node: NodeProto; casts: NodeProto[]; scale: TensorProto; zeroPoint: TensorProto | null; axis: number };

/** A weight as floats, whatever its storage. */
export interface Weight {
  value: string;
  dims: number[];
  values: Float32Array;
  storage: WeightStorage;
}

const FLOATS: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE, DataType.BFLOAT16]);

/**
 * The weight behind a value: an initializer, a Constant, or a DequantizeLinear of constant integers, which may be packed
 * (INT4 or INT2 -> Cast -> DequantizeLinear). Null when the value is computed, or is not a float weight.
 */
export function readWeight(graph: Graph, value: string): Weight | null {
  const storage = findStorage(graph, value);
  if (!storage) return null;
  const dims = tensorDims(storage.tensor);
  const values = storage.kind === 'dequantized' ? dequantize(storage, dims) : tensorToFloats(storage.tensor);
  return { value, dims, values, storage };
}

/**
 * Writes floats back into a weight's own storage. Integers are rounded onto the grid that the weight has (half to even,
 * clipped), so that zero stays exactly zero; the grid itself does not move. `dims` may change for a float weight.
 */
export function writeWeight(graph: Graph, weight: Weight, values: Float32Array, dims: readonly number[] = weight.dims): void {
  if (values.length !== elementCount(dims)) throw new GraphError(`weight "${weight.value}": shape [${dims}] does not hold ${values.length} values`);
  const { storage } = weight;
  const data = storage.kind === 'dequantized' ? quantize(storage, values, dims) : values;
  storeTensor(graph, storage, encode(storage.tensor, data, dims));
}

/** Replaces the tensor behind a weight as it is, integers as integers. */
export function storeTensor(graph: Graph, storage: WeightStorage, tensor: TensorProto): void {
  Object.assign(storage.tensor, { dims: tensor.dims, rawData: tensor.rawData, floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [] });
  if (graph.initializer(storage.tensor.name)) graph.replaceInitializer(storage.tensor);
}

/** The constant tensor behind a value: an initializer or a Constant node's `value`; undefined when it is computed. */
export function constantTensor(graph: Graph, value: string): TensorProto | undefined {
  const initializer = graph.initializer(value);
  if (initializer) return initializer;
  const node = graph.producer(value);
  return node?.opType === 'Constant' ? tensorAttribute(node, 'value') : undefined;
}

function findStorage(graph: Graph, value: string): WeightStorage | null {
  const initializer = graph.initializer(value);
  if (initializer) return FLOATS.has(initializer.dataType) ? { kind: 'initializer', tensor: initializer } : null;
  const node = graph.producer(value);
  if (node?.opType === 'Constant') {
    const tensor = tensorAttribute(node, 'value');
    return tensor && FLOATS.has(tensor.dataType) ? { kind: 'constant', tensor, node } : null;
  }
  return node?.opType === 'DequantizeLinear' ? dequantized(graph, node) : null;
}

function dequantized(graph: Graph, node: NodeProto): WeightStorage | null {
  const casts: NodeProto[] = [];
  let source = node.input[0]!;
  for (let producer = graph.producer(source); producer?.opType === 'Cast'; producer = graph.producer(source)) {
    casts.push(producer);
    source = producer.input[0]!;
  }
  const tensor = constantTensor(graph, source);
  const scale = constantTensor(graph, node.input[1]!);
  const zeroPoint = node.input[2] ? constantTensor(graph, node.input[2]) : null;
  const isBlocked = intAttribute(node, 'block_size', 0) > 0;
  if (!tensor || !scale || zeroPoint === undefined || isBlocked) return null;
  const axis = intAttribute(node, 'axis', 1);
  return { kind: 'dequantized', tensor, node, casts, scale, zeroPoint, axis: axis < 0 ? axis + tensor.dims.length : axis };
}

type Dequantized = Extract<WeightStorage, { kind: 'dequantized' }>;

/** x = (q - zeroPoint) · scale, the scale being one number or one per index of the axis (ONNX DequantizeLinear). */
function dequantize(storage: Dequantized, dims: readonly number[]): Float32Array {
  const integers = tensorToFloats(storage.tensor);
  const grid = gridOf(storage, dims);
  return integers.map((q, i) => (q - grid.zeroPoint(i)) * grid.scale(i));
}

function quantize(storage: Dequantized, values: Float32Array, dims: readonly number[]): Float32Array {
  const grid = gridOf(storage, dims);
  const [min, max] = integerLimits(storage.tensor.dataType);
  return values.map((x, i) => Math.min(max, Math.max(min, roundHalfEven(x / grid.scale(i)) + grid.zeroPoint(i))));
}

function gridOf(storage: Dequantized, dims: readonly number[]): { scale: (i: number) => number; zeroPoint: (i: number) => number } {
  const scales = tensorToFloats(storage.scale);
  const zeroPoints = storage.zeroPoint ? tensorToNumbers(storage.zeroPoint) : [0];
  const stride = elementCount(dims.slice(storage.axis + 1));
  const length = dims[storage.axis] ?? 1;
  const at = (i: number) => Math.floor(i / stride) % length;
  return {
    scale: scales.length === 1 ? () => scales[0]! : (i) => scales[at(i)]!,
    zeroPoint: zeroPoints.length === 1 ? () => zeroPoints[0]! : (i) => zeroPoints[at(i)]!,
  };
}

function encode(like: TensorProto, values: Float32Array, dims: readonly number[]): TensorProto {
  switch (like.dataType as DataType) {
    case DataType.FLOAT16:
      return makeTensor(like.name, like.dataType, dims, Uint16Array.from(values, floatToHalf));
    case DataType.DOUBLE:
      return makeTensor(like.name, like.dataType, dims, Float64Array.from(values));
    case DataType.FLOAT:
      return makeTensor(like.name, like.dataType, dims, values);
    case DataType.INT8:
    case DataType.INT4:
    case DataType.INT2:
      return makeTensor(like.name, like.dataType, dims, Int8Array.from(values));
    case DataType.UINT8:
    case DataType.UINT4:
    case DataType.UINT2:
      return makeTensor(like.name, like.dataType, dims, Uint8Array.from(values));
    default:
      throw new GraphError(`weights of element type ${like.dataType} cannot be written`);
  }
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
