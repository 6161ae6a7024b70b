import {
  changed,
  DataType,
  dataTypeBits,
  elementCount,
  intAttribute,
  isSameEveryRun,
  type Graph,
  type NodeProto,
  type TensorProto,
  makeNode,
  rowScaling,
} from '#onnx';
import { integerGrid, type IntegerGrid } from './integer-grid.js';
import { isMatrix, readingsOf } from './weight-roles.js';

/**
 * The grid of a table whose rows are looked up, with one scale or one per column; null where the rows' scales are
 * others.
 */
export function tableGrid(graph: Graph, gather: NodeProto, node: NodeProto): IntegerGrid | null {
  if (intAttribute(gather, 'axis', 0) !== 0 || isSameEveryRun(graph, gather.input[1]!)) return null;
  const grid = integerGrid(graph, changed(node, { input: [gather.input[0]!, ...node.input.slice(1)] }));
  if (!grid || grid.dims.length !== 2 || grid.blockSize > 0) return null;
  // Which axis of the rows a number from the front means depends on how many axes the row numbers have.
  return grid.axis === null || intAttribute(node, 'axis', 1) === -1 ? grid : null;
}

/** A table whose rows have scales of their own, as a product applies them, and what looks them up. */
export interface ScaledRows {
  gather: NodeProto;
  grid: IntegerGrid;
}

/** The rows that a Mul puts on scales that were looked up with them. */
export function scaledRows(graph: Graph, product: NodeProto): ScaledRows | null {
  for (const value of product.input) {
    const cast = graph.producer(value);
    const gather = cast?.opType === 'Cast' ? graph.producer(cast.input[0]!) : undefined;
    const scaling = gather && rowScaling(graph, gather);
    if (!gather || scaling?.product !== product || isSameEveryRun(graph, gather.input[1]!)) continue;
    const grid = integerGrid(graph, makeNode('DequantizeLinear', [gather.input[0]!, scaling.scale], [], { axis: 0 }));
    if (grid?.dims.length === 2) return { gather, grid };
  }
  return null;
}

/** The initializer of `initializer [-> Cast]`. */
export function storedBehindCast(graph: Graph, value: string): TensorProto | undefined {
  const producer = graph.producer(value);
  return producer?.opType === 'Cast' ? graph.initializer(producer.input[0]!) : graph.initializer(value);
}

/** The entries of `Gather(codebook, indices)`, floats that constant indices pick. */
export function floatCodebookOf(graph: Graph, value: string): TensorProto | undefined {
  const gather = graph.producer(value);
  if (gather?.opType !== 'Gather' || intAttribute(gather, 'axis', 0) !== 0) return undefined;
  const entries = graph.initializer(gather.input[0]!);
  const isCodebook = entries?.dataType === DataType.FLOAT && entries.dims.length === 1;
  return isCodebook && storedBehindCast(graph, gather.input[1]!) ? entries : undefined;
}

/**
 * Whether a Mul makes a weight of stored integers or of a codebook: what a layer multiplies by, or a table, which may
 * be added. A mask of integers that is made large by one number is none.
 */
export function isStoredProduct(graph: Graph, node: NodeProto): boolean {
  const at = node.input.findIndex((value) => holdsNarrow(graph, value) || floatCodebookOf(graph, value) !== undefined);
  const scale = at < 0 ? undefined : graph.initializer(node.input[1 - at] ?? '');
  if (!scale) return false;
  const readings = readingsOf(graph, node.output[0]!);
  const isAdded = readings.some(({ role }) => role === 'shift') && elementCount(scale.dims) > 1;
  return isAdded || isMatrix(readings);
}

/** Whether a value is a matrix of integers of a byte at most, cast. */
function holdsNarrow(graph: Graph, value: string): boolean {
  const producer = graph.producer(value);
  const tensor = producer?.opType === 'Cast' ? graph.initializer(producer.input[0]!) : undefined;
  return tensor !== undefined && tensor.dims.length > 1 && (dataTypeBits(tensor.dataType) ?? 64) <= 8;
}
