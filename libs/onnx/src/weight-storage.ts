import { inputOf } from './accessors.js';
import { intAttribute } from './attributes.js';
import { constantTensor } from './constants.js';
import { dataTypeBits, integerLimits } from './data-type.js';
import type { Graph } from './graph.js';
import { DataType, type NodeProto, type TensorProto } from './proto.js';
import { tensorDims } from './tensor.js';

/** How a weight lies in the graph, from the stored constant up to the value that a layer reads. */
export type WeightStorage = FloatStorage | QuantizedStorage | CodebookStorage;

interface Stored {
  /** The constant (initializer or Constant node) that holds one entry per element of the weight. */
  stored: string;
  /** Width of one stored entry. */
  bits: number;
}

/** A FLOAT, DOUBLE, FLOAT16 or BFLOAT16 tensor, perhaps behind a Cast to FLOAT. */
export interface FloatStorage extends Stored {
  kind: 'float';
  dataType: DataType;
}

/** What turns stored integers into reals: real value = (integer - zeroPoint) * scale. */
export interface Dequantizer {
  /** A DequantizeLinear, or a Mul by the scales of integers that were cast to floats. */
  node: NodeProto;
  /** Value name of its constant scales, and the input that reads them. */
  scale: string;
  scaleIndex: number;
  zeroPoint: string | null;
  /** The axis along which scales differ; null for one scale for all. */
  axis: number | null;
  /** The same axis in the shape of the scales. */
  scaleAxis: number;
  /** Elements along `axis` that share a scale; 0 when the scales are not block-wise. */
  blockSize: number;
}

/** Integers -> [Cast ->] DequantizeLinear, or integers -> Cast -> Mul. */
export interface QuantizedStorage extends Stored {
  kind: 'quantized';
  dataType: DataType;
  dequantizer: Dequantizer;
}

/** Indices -> [Cast ->] Gather of a codebook [-> DequantizeLinear or Mul]. */
export interface CodebookStorage extends Stored {
  kind: 'codebook';
  dataType: DataType;
  codebook: string;
  /** Null for a codebook of floats. */
  dequantizer: Dequantizer | null;
}

export interface WeightShape {
  dims: number[];
  storage: WeightStorage;
}

const FLOAT_TYPES: ReadonlySet<number> = new Set([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.FLOAT16,
  DataType.BFLOAT16,
]);
const INTEGER_TYPES: ReadonlySet<number> = new Set([
  DataType.INT8,
  DataType.UINT8,
  DataType.INT16,
  DataType.UINT16,
  DataType.INT32,
  DataType.INT4,
  DataType.UINT4,
  DataType.INT2,
  DataType.UINT2,
]);
const INDEX_TYPES: ReadonlySet<number> = new Set([...INTEGER_TYPES, DataType.INT64]);

/**
 * How a value is stored when it is a weight: a constant of floats, or the output of DequantizeLinear, Mul, Gather or
 * Cast over constants in one of the forms above. Null for everything else, integer constants included. Reads no
 * elements.
 */
export function weightStorage(graph: Graph, value: string): WeightShape | null {
  const tensor = constantOf(graph, value, FLOAT_TYPES);
  if (tensor) return { dims: tensorDims(tensor), storage: floatStorage(value, tensor) };
  const node = graph.producer(value);
  if (!node || node.domain !== '') return null;
  switch (node.opType) {
    case 'Cast':
      return castStorage(graph, node);
    case 'Gather':
      return codebookStorage(graph, node, FLOAT_TYPES, null);
    case 'DequantizeLinear':
      return dequantizedStorage(graph, node);
    case 'Mul':
      return scaledStorage(graph, node, 1) ?? scaledStorage(graph, node, 0);
    default:
      return null;
  }
}

function castStorage(graph: Graph, node: NodeProto): WeightShape | null {
  const value = inputOf(node, 0);
  const tensor = intAttribute(node, 'to', 0) === DataType.FLOAT ? constantOf(graph, value, FLOAT_TYPES) : undefined;
  return tensor ? { dims: tensorDims(tensor), storage: floatStorage(value, tensor) } : null;
}

function dequantizedStorage(graph: Graph, node: NodeProto): WeightShape | null {
  const integers = throughCast(graph, node.input[0] ?? '');
  const tensor = constantOf(graph, integers, INTEGER_TYPES);
  if (tensor) {
    const dims = tensorDims(tensor);
    const dequantizer = linearDequantizer(graph, node, dims.length);
    return dequantizer && { dims, storage: { kind: 'quantized', stored: integers, ...typeOf(tensor), dequantizer } };
  }
  const gather = graph.producer(node.input[0] ?? '');
  if (gather?.opType !== 'Gather' || gather.domain !== '') return null;
  return codebookStorage(graph, gather, INTEGER_TYPES, (rank) => linearDequantizer(graph, node, rank));
}

/** The product of scales, at input `scaleIndex`, and of integers cast to floats or entries of a codebook of floats. */
function scaledStorage(graph: Graph, node: NodeProto, scaleIndex: 0 | 1): WeightShape | null {
  const source = graph.producer(node.input[1 - scaleIndex] ?? '');
  if (!source || source.domain !== '') return null;
  const dequantizerFor = (rank: number) => scaleDequantizer(graph, node, scaleIndex, rank);
  if (source.opType === 'Gather') return codebookStorage(graph, source, FLOAT_TYPES, dequantizerFor);
  const stored = source.input[0] ?? '';
  const isFloat = source.opType === 'Cast' && intAttribute(source, 'to', 0) === DataType.FLOAT;
  const tensor = isFloat ? constantOf(graph, stored, INTEGER_TYPES) : undefined;
  const dequantizer = tensor && dequantizerFor(tensor.dims.length);
  return dequantizer
    ? { dims: tensorDims(tensor), storage: { kind: 'quantized', stored, ...typeOf(tensor), dequantizer } }
    : null;
}

type DequantizerFor = (rank: number) => Dequantizer | null;

function codebookStorage(
  graph: Graph,
  gather: NodeProto,
  codebookTypes: ReadonlySet<number>,
  dequantizerFor: DequantizerFor | null,
): WeightShape | null {
  const codebook = constantOf(graph, inputOf(gather, 0), codebookTypes);
  const stored = throughCast(graph, gather.input[1] ?? '');
  const indices = constantOf(graph, stored, INDEX_TYPES);
  if (codebook?.dims.length !== 1 || !indices || indices.dims.length === 0) return null;
  const dims = tensorDims(indices);
  const dequantizer = dequantizerFor && dequantizerFor(dims.length);
  if (dequantizerFor && !dequantizer) return null;
  return { dims, storage: { kind: 'codebook', stored, ...typeOf(indices), codebook: inputOf(gather, 0), dequantizer } };
}

function linearDequantizer(graph: Graph, node: NodeProto, rank: number): Dequantizer | null {
  const scale = inputOf(node, 1);
  const zeroPoint = node.input[2] || null;
  const scaleTensor = constantOf(graph, scale, FLOAT_TYPES);
  if (!scaleTensor || (zeroPoint && !constantTensor(graph, zeroPoint))) return null;
  const blockSize = intAttribute(node, 'block_size', 0);
  const axis = intAttribute(node, 'axis', 1);
  const isSingle = scaleTensor.dims.length === 1 && scaleTensor.dims[0] === 1n && blockSize === 0;
  const perTensor = scaleTensor.dims.length === 0 || isSingle;
  const own = axis < 0 ? axis + rank : axis;
  if (!perTensor && (own < 0 || own >= rank)) return null;
  return {
    node,
    scale,
    scaleIndex: 1,
    zeroPoint,
    axis: perTensor ? null : own,
    scaleAxis: blockSize > 0 ? own : 0,
    blockSize,
  };
}

/** Scales that broadcast over a weight of `rank` dimensions and differ along one axis at most. */
function scaleDequantizer(graph: Graph, node: NodeProto, scaleIndex: 0 | 1, rank: number): Dequantizer | null {
  const scale = inputOf(node, scaleIndex);
  const tensor = constantOf(graph, scale, FLOAT_TYPES);
  if (!tensor || tensor.dims.length > rank) return null;
  const axes = tensorDims(tensor).flatMap((dim, at) => (dim === 1 ? [] : [at]));
  if (axes.length > 1) return null;
  const [scaleAxis = 0] = axes;
  const axis = axes.length === 0 ? null : scaleAxis + rank - tensor.dims.length;
  return { node, scale, scaleIndex, zeroPoint: null, axis, scaleAxis, blockSize: 0 };
}

function floatStorage(stored: string, tensor: TensorProto): FloatStorage {
  return { kind: 'float', stored, ...typeOf(tensor) };
}

function typeOf(tensor: TensorProto): { dataType: DataType; bits: number } {
  return { dataType: tensor.dataType, bits: dataTypeBits(tensor.dataType)! };
}

/** The value before a Cast to a wider integer type, which changes no element. */
function throughCast(graph: Graph, value: string): string {
  const node = graph.producer(value);
  if (node?.opType !== 'Cast' || node.domain !== '') return value;
  const from = constantTensor(graph, node.input[0] ?? '');
  return from && widens(from.dataType, intAttribute(node, 'to', 0)) ? inputOf(node, 0) : value;
}

function widens(from: number, to: number): boolean {
  if (!INDEX_TYPES.has(from) || !INDEX_TYPES.has(to)) return false;
  const [low, high] = integerLimits(from);
  const [lowest, highest] = integerLimits(to);
  return low >= lowest && high <= highest;
}

function constantOf(graph: Graph, value: string, types: ReadonlySet<number>): TensorProto | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && types.has(tensor.dataType) ? tensor : undefined;
}
