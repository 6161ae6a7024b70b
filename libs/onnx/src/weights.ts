import { constantTensor, setConstantTensor } from './constants.js';
import { integerLimits, type TensorData } from './data-type.js';
import { GraphError, InvalidTensorError } from './errors.js';
import type { Graph } from './graph.js';
import { dequantize, gridGroups, nearestEntries, quantizeToGrid, usedRange, type Grid } from './grid.js';
import { DataType } from './proto.js';
import { elementCount, floatsToData, makeTensor, tensorToFloats, tensorToIntegers } from './tensor.js';
import {
  weightStorage,
  type CodebookStorage,
  type Dequantizer,
  type QuantizedStorage,
  type WeightShape,
  type WeightStorage,
} from './weight-storage.js';

/** A weight as floats, whatever its storage. */
export interface Weight {
  /** The value that layers read. */
  value: string;
  /** A fresh copy of the elements; changes reach the graph by {@link writeWeight}. */
  values: Float32Array;
  dims: number[];
  storage: WeightStorage;
  /** The grid that written values are rounded to; null for floats and codebooks. */
  grid: Grid | null;
}

/** The weight behind a value, or null when the value is not one (see {@link weightStorage}). */
export function readWeight(graph: Graph, value: string): Weight | null {
  const shape = weightStorage(graph, value);
  if (!shape) return null;
  const grid = shape.storage.kind === 'quantized' ? quantizedGrid(graph, shape.storage, shape.dims) : null;
  return { value, values: storedValues(graph, shape, grid), dims: shape.dims, storage: shape.storage, grid };
}

/**
 * Writes floats back in the weight's own storage: rounded to float16, to its integer grid or to its codebook; zeros
 * stay exactly zero. `dims` may differ from the old ones once the scales have been made to fit ({@link sliceWeight}
 * does both, exactly). Throws GraphError when the value is not a weight.
 */
export function writeWeight(graph: Graph, value: string, values: ArrayLike<number>, dims?: readonly number[]): void {
  const shape = weightStorage(graph, value);
  if (!shape)
    throw new GraphError(`value "${value}" is not a weight: neither a constant of floats nor a dequantized constant`);
  const { storage } = shape;
  const newDims = dims ?? shape.dims;
  if (elementCount(newDims) !== values.length)
    throw new InvalidTensorError(
      value,
      `shape [${newDims}] has ${elementCount(newDims)} elements, got ${values.length}`,
    );
  const tensor = makeTensor(storage.stored, storage.dataType, newDims, encoded(graph, shape, newDims, values));
  setConstantTensor(graph, storage.stored, tensor);
}

function storedValues(graph: Graph, { dims, storage }: WeightShape, grid: Grid | null): Float32Array {
  const tensor = constantTensor(graph, storage.stored)!;
  if (storage.kind === 'float') return tensorToFloats(tensor);
  if (storage.kind === 'quantized') return dequantize(tensorToIntegers(tensor), grid!);
  const { entries, groupOf } = codebookOf(graph, storage, dims);
  const indices = tensorToIntegers(tensor);
  const size = entries(0).length;
  const entryOf = (index: number, group: number) => entryAt(storage, entries(group), index < 0 ? index + size : index);
  return Float32Array.from(indices, (index, i) => entryOf(index, groupOf(i)));
}

function entryAt(storage: CodebookStorage, entries: ArrayLike<number>, index: number): number {
  const entry = entries[index];
  if (entry === undefined)
    throw new InvalidTensorError(storage.stored, `index ${index} is outside the codebook of ${entries.length} entries`);
  return entry;
}

function encoded(
  graph: Graph,
  { storage, dims }: WeightShape,
  newDims: readonly number[],
  values: ArrayLike<number>,
): TensorData {
  if (storage.kind === 'float') return floatsToData(storage.dataType, values);
  if (storage.kind === 'quantized') {
    const grid = { ...quantizedGrid(graph, storage, newDims), range: storedRange(graph, storage) };
    return toStored(storage.dataType, quantizeToGrid(values, grid));
  }
  const { entries, groupOf } = codebookOf(graph, storage, newDims.length === dims.length ? newDims : dims);
  return toStored(storage.dataType, nearestEntries(values, entries, groupOf));
}

function storedRange(graph: Graph, storage: QuantizedStorage): [number, number] {
  return usedRange(tensorToIntegers(constantTensor(graph, storage.stored)!), integerLimits(storage.dataType));
}

function quantizedGrid(graph: Graph, storage: QuantizedStorage, dims: readonly number[]): Grid {
  return { ...scalesOf(graph, storage.stored, storage.dequantizer, dims), range: storedRange(graph, storage) };
}

/** The reals of a codebook's entries, per group of scales. */
function codebookOf(graph: Graph, storage: CodebookStorage, dims: readonly number[]) {
  const codes = tensorToFloats(constantTensor(graph, storage.codebook)!);
  if (!storage.dequantizer) return { entries: () => codes, groupOf: () => 0 };
  const { scale, zeroPoint, groupOf } = scalesOf(graph, storage.stored, storage.dequantizer, dims);
  const table = (factor: number, group: number) => codes.map((code) => (code - zeroPoint[group]!) * factor);
  const tables = Array.from(scale, table);
  return { entries: (group: number) => tables[group]!, groupOf };
}

function scalesOf(
  graph: Graph,
  name: string,
  { scale, zeroPoint, axis, blockSize }: Dequantizer,
  dims: readonly number[],
): Omit<Grid, 'range'> {
  const scales = tensorToFloats(constantTensor(graph, scale)!);
  const zeroPoints = zeroPoint
    ? Int32Array.from(tensorToIntegers(constantTensor(graph, zeroPoint)!))
    : new Int32Array(scales.length);
  const groups =
    axis === null
      ? 1
      : blockSize === 0
        ? (dims[axis] ?? 1)
        : (elementCount(dims) / (dims[axis] || 1)) * Math.ceil((dims[axis] ?? 1) / blockSize);
  if (scales.length !== groups || zeroPoints.length !== groups) {
    throw new InvalidTensorError(
      name,
      `shape [${dims}] needs ${groups} scales and zero points, got ${scales.length} and ${zeroPoints.length}`,
    );
  }
  return { scale: scales, zeroPoint: zeroPoints, groupOf: gridGroups(dims, axis, blockSize) };
}

function toStored(dataType: DataType, integers: Int32Array): TensorData {
  return dataType === DataType.INT64 ? BigInt64Array.from(integers, BigInt) : integers;
}
