import {
  DataType,
  elementCount,
  intAttribute,
  tensorDims,
  tensorToFloats,
  type Graph,
  type NodeProto,
  type Weight,
} from '#onnx';

/** Numbers of a weight and their shape; without a storage for what an operator of integers reads as it is stored. */
export type WeightNumbers = Pick<Weight, 'values' | 'dims'> & Partial<Pick<Weight, 'storage'>>;

/** Input positions of zero points and scales, by the position of the weight; without scales, the floats behind have them. */
const GRIDS: Readonly<Record<string, Readonly<Record<number, { zeroPoint: number; scale?: number }>>>> = {
  ConvInteger: { 1: { zeroPoint: 3 } },
  MatMulInteger: { 0: { zeroPoint: 2 }, 1: { zeroPoint: 3 } },
  QLinearConv: { 3: { zeroPoint: 5, scale: 4 } },
  QLinearMatMul: { 0: { zeroPoint: 2, scale: 1 }, 3: { zeroPoint: 5, scale: 4 } },
  QGemm: { 3: { zeroPoint: 5, scale: 4 } },
};

/** Whether a value is stored integers, as operators of integers read their weights. */
export function isStoredIntegers(graph: Graph, value: string): boolean {
  const type = graph.initializer(value)?.dataType;
  return type === DataType.INT8 || type === DataType.UINT8;
}

/**
 * What stored integers stand for where an operator of integers reads them: less their zero points and times their scales,
 * each for the whole tensor or for an output channel; null for what is read otherwise.
 */
export function readIntegerWeight(graph: Graph, value: string): WeightNumbers | null {
  const tensor = graph.initializer(value);
  const reader = graph.consumers(value).find(({ node, index }) => GRIDS[node.opType]?.[index]);
  if (!tensor || !reader || !isStoredIntegers(graph, value)) return null;
  const grid = GRIDS[reader.node.opType]![reader.index]!;
  const numbersAt = (input: number | undefined) => {
    const stored = input === undefined ? undefined : graph.initializer(reader.node.input[input] ?? '');
    return stored && tensorToFloats(stored);
  };
  const [zeroPoints, scales] = [numbersAt(grid.zeroPoint), numbersAt(grid.scale)];
  const dims = tensorDims(tensor);
  const inner = elementCount(dims.slice(outputAxis(reader.node, dims) + 1));
  const count = dims[outputAxis(reader.node, dims)] ?? 1;
  const values = tensorToFloats(tensor).map((integer, flat) => {
    const channel = Math.floor(flat / inner) % count;
    const of = (numbers: Float32Array | undefined, otherwise: number) =>
      numbers ? (numbers[numbers.length === 1 ? 0 : channel] ?? otherwise) : otherwise;
    return (integer - of(zeroPoints, 0)) * of(scales, 1);
  });
  return { values, dims };
}

function outputAxis(node: NodeProto, dims: readonly number[]): number {
  if (node.opType.includes('Conv')) return 0;
  return node.opType === 'QGemm' && intAttribute(node, 'transB', 0) === 1 ? 0 : dims.length - 1;
}
