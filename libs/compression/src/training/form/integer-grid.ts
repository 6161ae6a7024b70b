import {
  DataType,
  dataTypeBits,
  elementCount,
  intAttribute,
  integerLimits,
  makeTensor,
  tensorData,
  tensorDims,
  tensorToNumbers,
  tensorToFloats,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';

/** How far a grid reaches from its zero: one number for all, or one for each scale where zero points differ. */
export interface GridEnds {
  low: readonly number[];
  high: readonly number[];
}

/** The grid a weight is stored on: w = scale · (q - zeroPoint), low ≤ q - zeroPoint ≤ high. */
export interface IntegerGrid extends GridEnds {
  /** The initializer that holds the integers: the weight's, or a codebook's entries. */
  tensor: TensorProto;
  dims: number[];
  /**
   * The initializer that holds the scales, and its values: one for all, per channel of `axis`, or per block along it.
   */
  scaleName: string;
  scaleDims: number[];
  scales: Float32Array;
  zeroPoints: number[];
  /** Channel axis; null when there is one scale. */
  axis: number | null;
  /** Elements along the axis that share a scale; 0 for scales per channel. */
  blockSize: number;
  bits: number;
  /** Whether it has two levels alone, -1 and 1 times the scale. */
  isBinary: boolean;
}

/** The grid behind `initializer [-> Cast] -> DequantizeLinear`. Null when the node dequantizes something computed. */
export function integerGrid(graph: Graph, dequantize: NodeProto): IntegerGrid | null {
  const tensor = storedIntegers(graph, dequantize.input[0]!);
  const scale = graph.initializer(dequantize.input[1]!);
  const zeroPoint = dequantize.input[2] ? graph.initializer(dequantize.input[2]) : undefined;
  if (!tensor || !scale || (dequantize.input[2] && !zeroPoint)) return null;
  const dims = tensorDims(tensor);
  const scales = tensorToFloats(scale);
  const axis = intAttribute(dequantize, 'axis', 1);
  const channels = axis < 0 ? axis + dims.length : axis;
  const blockSize = intAttribute(dequantize, 'block_size', 0);
  const zeroPoints = zeroPoint ? tensorToNumbers(zeroPoint) : [0];
  return {
    tensor,
    dims,
    scaleName: scale.name,
    scaleDims: tensorDims(scale),
    scales,
    zeroPoints,
    axis: scales.length === 1 && blockSize === 0 ? null : channels,
    blockSize,
    ...gridEnds(tensor, zeroPoints),
    bits: dataTypeBits(tensor.dataType) ?? 8,
    isBinary: isBinary(tensor),
  };
}

/**
 * The grid behind `initializer -> Cast(FLOAT) -> Mul(scale)`, as weights are stored that floats compute with. Null where
 * the scales are not one for all or one for each place along an axis, or where the operands are anything else.
 */
export function productGrid(graph: Graph, product: NodeProto): IntegerGrid | null {
  const at = product.input.findIndex((value) => graph.producer(value)?.opType === 'Cast');
  const tensor = at < 0 ? undefined : storedIntegers(graph, product.input[at]!);
  const scale = graph.initializer(product.input[1 - at] ?? '');
  if (!tensor || (dataTypeBits(tensor.dataType) ?? 64) > 8 || scale?.dataType !== DataType.FLOAT) return null;
  const [dims, scaleDims] = [tensorDims(tensor), tensorDims(scale)];
  const wide = scaleDims.flatMap((dim, i) => (dim > 1 ? [i + dims.length - scaleDims.length] : []));
  const [axis = null] = wide;
  const isSpread = axis === null || dims[axis] === elementCount(scale.dims);
  if (wide.length > 1 || scaleDims.length > dims.length || !isSpread) return null;
  return {
    tensor,
    dims,
    scaleName: scale.name,
    scaleDims,
    scales: tensorToFloats(scale),
    zeroPoints: [0],
    axis,
    blockSize: 0,
    ...gridEnds(tensor, [0]),
    bits: dataTypeBits(tensor.dataType) ?? 8,
    isBinary: isBinary(tensor),
  };
}

/** Two bits of which every element takes one of two levels; a zero is none of them. */
function isBinary(tensor: TensorProto): boolean {
  if (tensor.dataType !== DataType.INT2) return false;
  return (tensorData(tensor) as Int8Array).every((value) => Math.abs(value) === 1);
}

/** The floats that the stored integers stand for. */
export function gridValues(grid: IntegerGrid): Float32Array {
  const stored = tensorData(grid.tensor) as ArrayLike<number>;
  const place = scalePlace(grid);
  const valueAt = (value: number, at: number) => (value - numberAt(grid.zeroPoints, at)) * grid.scales[at]!;
  return Float32Array.from(stored, (value, i) => valueAt(value, place(i)));
}

/** The stored tensor with the nearest grid point to each value, computed as the training graph rounded it. */
export function onGrid(grid: IntegerGrid, values: Float32Array, scales = grid.scales): TensorProto {
  const place = scalePlace(grid);
  const stored = tensorData(grid.tensor);
  for (let i = 0; i < values.length; i++) {
    const level = Math.fround(values[i]! / scales[place(i)]!);
    const nearest = grid.isBinary ? (level > 0 ? 1 : -1) : roundHalfEven(level);
    const clipped = Math.min(numberAt(grid.high, place(i)), Math.max(numberAt(grid.low, place(i)), nearest));
    stored[i] = clipped + numberAt(grid.zeroPoints, place(i));
  }
  return makeTensor(grid.tensor.name, grid.tensor.dataType as DataType, grid.dims, stored);
}

/** Elements in a thousand that two ways of rounding may tell apart. */
const TIES = 1;

/**
 * The floats of a tensor, in the grid's layout, where the stored integers are the nearest ones to them: nothing has
 * moved them since they were rounded. Null elsewhere. A matrix may be stored with its axes exchanged.
 */
export function roundedFrom(grid: IntegerGrid, original: TensorProto): Float32Array | null {
  const dims = tensorDims(original);
  const floats = tensorToFloats(original);
  if (dims.join() === grid.dims.join() && isNearest(grid, floats)) return floats;
  if (dims.length !== 2 || dims.toReversed().join() !== grid.dims.join()) return null;
  const [rows, columns] = dims as [number, number];
  const turned = floats.map((_, i) => floats[(i % rows) * columns + Math.floor(i / rows)]!);
  return isNearest(grid, turned) ? turned : null;
}

function isNearest(grid: IntegerGrid, floats: Float32Array): boolean {
  const stored = tensorData(grid.tensor) as ArrayLike<number>;
  const rounded = tensorData(onGrid(grid, floats)) as ArrayLike<number>;
  let different = 0;
  for (let i = 0; i < stored.length; i++) if (stored[i] !== rounded[i]) different++;
  return different * 1000 <= stored.length * TIES;
}

/** The weight's shape and its scales' in which the scales broadcast: blocks get an axis of their own. */
export function broadcastShapes({ dims, scales, axis, blockSize }: IntegerGrid): {
  values: number[];
  scales: number[];
} {
  if (axis === null) return { values: dims, scales: [] };
  if (blockSize === 0) return { values: dims, scales: dims.map((_, i) => (i === axis ? scales.length : 1)) };
  const split = (inner: number) => dims.flatMap((dim, i) => (i === axis ? [Math.ceil(dim / blockSize), inner] : [dim]));
  return { values: split(blockSize), scales: split(1) };
}

function storedIntegers(graph: Graph, value: string): TensorProto | undefined {
  const producer = graph.producer(value);
  return producer?.opType === 'Cast' ? graph.initializer(producer.input[0]!) : graph.initializer(value);
}

/**
 * How far the grid reaches. A quantizer that kept away from the type's ends (symmetric, or ±64 for kernels that would
 * saturate) is followed: the widest power of two that holds what is there. About another zero point than 0 it reaches
 * to the ends of the type, or to ±64 where all of it lies within.
 */
function gridEnds(tensor: TensorProto, zeroPoints: readonly number[]): GridEnds {
  const stored = tensorData(tensor) as ArrayLike<number>;
  let [least, most] = [0, 0];
  for (let i = 0; i < stored.length; i++) {
    least = Math.min(least, stored[i]!);
    most = Math.max(most, stored[i]!);
  }
  const [typeLow, typeHigh] = integerLimits(tensor.dataType);
  const isReduced = tensor.dataType === DataType.INT8 && Math.max(-least, most) <= REDUCED;
  const [lowest, highest] = isReduced ? [-REDUCED, REDUCED] : [typeLow, typeHigh];
  if (typeLow < 0 && zeroPoints.every((zeroPoint) => zeroPoint === 0))
    return { low: [least === lowest ? least : -highest], high: [highest] };
  const distinct = new Set(zeroPoints).size > 1 ? zeroPoints : zeroPoints.slice(0, 1);
  return {
    low: distinct.map((zeroPoint) => lowest - zeroPoint),
    high: distinct.map((zeroPoint) => highest - zeroPoint),
  };
}

/** Where weights end that kernels without int8 dot products do not saturate on. */
const REDUCED = 64;

/** The number of a place, where there is one for each, else the one for all. */
function numberAt(numbers: readonly number[], place: number): number {
  return numbers[place] ?? numbers[0]!;
}

/** Where the scale of an element lies among the scales. */
function scalePlace({ dims, axis, blockSize }: IntegerGrid): (index: number) => number {
  if (axis === null) return () => 0;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const size = dims[axis]!;
  if (blockSize === 0) return (index) => Math.floor(index / inner) % size;
  return (index) => {
    const along = Math.floor(index / inner);
    const block = Math.floor(along / size) * Math.ceil(size / blockSize) + Math.floor((along % size) / blockSize);
    return block * inner + (index % inner);
  };
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
