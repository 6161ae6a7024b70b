import {
  blockwiseWeight,
  DataType,
  makeTensor,
  tensorData,
  tensorDims,
  tensorToFloats,
  type BlockwiseWeight,
  type Graph,
  type NodeProto,
  type TensorProto,
} from '#onnx';
import { onGrid, type GridEnds, type IntegerGrid } from './integer-grid.js';

/** The weight of a MatMulNBits on its grid, [outputs, inputs]; the grid's tensor is what the packed bytes stand for. */
export interface BlockGrid {
  grid: IntegerGrid;
  /** The stored tensor with the nearest grid point to each value. */
  packed(values: Float32Array, scales: Float32Array): TensorProto;
}

/**
 * The grid of com.microsoft MatMulNBits; null where its weight, scales or zero points are computed, its scales are of
 * another type than float, or its rows are taken in another order.
 */
export function blockGrid(graph: Graph, node: NodeProto): BlockGrid | null {
  const weight = blockwiseWeight(graph, node);
  const [, stored = '', scaleName = '', zeroPoints = '', order = ''] = node.input;
  const [tensor, scale] = [graph.initializer(stored), graph.initializer(scaleName)];
  if (!weight || !tensor || scale?.dataType !== DataType.FLOAT || order !== '') return null;
  if (zeroPoints !== '' && graph.initializer(zeroPoints)?.dataType !== DataType.UINT8) return null;
  const { rows, columns, bits, blockSize } = weight;
  const dims = [columns, rows];
  const grid: IntegerGrid = {
    tensor: makeTensor(stored, DataType.INT16, dims, integersOf(weight)),
    dims,
    scaleName,
    scaleDims: tensorDims(scale),
    scales: tensorToFloats(scale),
    zeroPoints: [0],
    axis: 1,
    blockSize,
    ...endsOf(weight),
    bits,
    isBinary: false,
  };
  return {
    grid,
    packed(values, scales) {
      const integers = tensorData(onGrid(grid, values, scales)) as Int16Array;
      const bytes = weight.packed((column, row) => integers[column * rows + row]!);
      return makeTensor(stored, DataType.UINT8, tensorDims(tensor), bytes);
    },
  };
}

function integersOf({ rows, columns, at }: BlockwiseWeight): Int16Array {
  return Int16Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / rows), i % rows));
}

/** What fits the field of each block about its zero point, which is one for all where they agree. */
function endsOf({ rows, columns, blockSize, bits, zeroPoint }: BlockwiseWeight): GridEnds {
  const zeros = Array.from({ length: columns }, (_, column) =>
    Array.from({ length: Math.ceil(rows / blockSize) }, (_block, block) => zeroPoint(column, block * blockSize)),
  ).flat();
  const distinct = new Set(zeros).size > 1 ? zeros : zeros.slice(0, 1);
  return { low: distinct.map((zero) => -zero), high: distinct.map((zero) => 2 ** bits - 1 - zero) };
}
