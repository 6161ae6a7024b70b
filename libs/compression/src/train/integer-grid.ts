import { DataType, dataTypeBits, intAttribute, integerLimits, makeTensor, tensorData, tensorDims, tensorToNumbers, tensorToFloats, type Graph, type NodeProto, type TensorProto } from '#onnx';

/** The grid a weight is stored on: w = scale · (q - zeroPoint), low ≤ q - zeroPoint ≤ high, scale per channel along an axis or one for all. */
export interface IntegerGrid {
  /** The initializer that holds the integers. */
  tensor: TensorProto;
  dims: number[];
  scales: Float32Array;
  zeroPoints: number[];
  /** Channel axis; null when there is one scale. */
  axis: number | null;
  low: number;
  high: number;
  bits: number;
}

/**
 * The grid behind `initializer [-> Cast] -> DequantizeLinear`, null when the node dequantizes something computed, or is
 * blocked along an axis.
 */
export function integerGrid(graph: Graph, dequantize: NodeProto): IntegerGrid | null {
  const tensor = storedIntegers(graph, dequantize.input[0]!);
  const scale = graph.initializer(dequantize.input[1]!);
  const zeroPoint = dequantize.input[2] ? graph.initializer(dequantize.input[2]) : undefined;
  if (!tensor || !scale || (dequantize.input[2] && !zeroPoint) || intAttribute(dequantize, 'block_size', 0) > 0) return null;
  const dims = tensorDims(tensor);
  const scales = tensorToFloats(scale);
  const axis = intAttribute(dequantize, 'axis', 1);
  const zeroPoints = zeroPoint ? tensorToNumbers(zeroPoint) : [0];
  return {
    tensor,
    dims,
    scales,
    zeroPoints,
    axis: scales.length === 1 ? null : axis < 0 ? axis + dims.length : axis,
    ...gridEnds(tensor, zeroPoints[0]!),
    bits: dataTypeBits(tensor.dataType) ?? 8,
  };
}

/** The floats that the stored integers stand for. */
export function gridValues(grid: IntegerGrid): Float32Array {
  const stored = tensorData(grid.tensor) as ArrayLike<number>;
  const channel = channelOf(grid);
  return Float32Array.from(stored, (value, i) => (value - (grid.zeroPoints[channel(i)] ?? grid.zeroPoints[0]!)) * grid.scales[channel(i)]!);
}

/** The stored tensor with the nearest grid point to each value, computed as the training graph rounded it. */
export function onGrid(grid: IntegerGrid, values: Float32Array): TensorProto {
  const channel = channelOf(grid);
  const stored = tensorData(grid.tensor);
  for (let i = 0; i < values.length; i++) {
    const nearest = roundHalfEven(Math.fround(values[i]! / grid.scales[channel(i)]!));
    stored[i] = Math.min(grid.high, Math.max(grid.low, nearest)) + (grid.zeroPoints[channel(i)] ?? grid.zeroPoints[0]!);
  }
  return makeTensor(grid.tensor.name, grid.tensor.dataType as DataType, grid.dims, stored);
}

function storedIntegers(graph: Graph, value: string): TensorProto | undefined {
  const producer = graph.producer(value);
  return producer?.opType === 'Cast' ? graph.initializer(producer.input[0]!) : graph.initializer(value);
}

/**
 * How far the grid reaches. A quantizer that kept away from the type's ends (symmetric, or ±64 for kernels that would
 * saturate) is followed: the widest power of two that holds what is there.
 */
function gridEnds(tensor: TensorProto, zeroPoint: number): { low: number; high: number } {
  const [typeLow, typeHigh] = integerLimits(tensor.dataType);
  const stored = tensorData(tensor) as ArrayLike<number>;
  let [least, most] = [0, 0];
  for (let i = 0; i < stored.length; i++) {
    least = Math.min(least, stored[i]! - zeroPoint);
    most = Math.max(most, stored[i]! - zeroPoint);
  }
  if (typeLow === 0) return { low: typeLow - zeroPoint, high: typeHigh - zeroPoint };
  const reduced = tensor.dataType === DataType.INT8 && Math.max(-least, most) <= 64;
  const high = reduced ? 64 : typeHigh - zeroPoint;
  return { low: least === typeLow - zeroPoint ? least : -high, high };
}

function channelOf({ dims, axis }: IntegerGrid): (index: number) => number {
  if (axis === null) return () => 0;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  return (index) => Math.floor(index / inner) % dims[axis]!;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
