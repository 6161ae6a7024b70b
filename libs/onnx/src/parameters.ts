import { subgraphs } from './attributes.js';
import { blockwiseWeight } from './blockwise.js';
import { constantTensor } from './constants.js';
import { Graph } from './graph.js';
import { lookedUpTable, type LookedUpTable } from './looked-up-table.js';
import type { ModelProto, NodeProto, SparseTensorProto, TensorProto } from './proto.js';
import { elementCount, tensorToFloats, tensorToNumbers } from './tensor.js';
import { weightStorage } from './weight-storage.js';
import { readWeight } from './weights.js';

export interface ParameterCount {
  parameters: number;
  nonZeros: number;
}

/** Inputs that steer an operator instead of being its weights. A missing entry means that all inputs may be weights. */
const SETTINGS: Record<string, readonly number[]> = {
  Clip: [1, 2],
  CumSum: [1],
  DequantizeLinear: [0, 1, 2],
  Dropout: [1, 2],
  OneHot: [2],
  Pad: [2],
  QuantizeLinear: [1, 2],
  Resize: [1, 2],
  Upsample: [1],
};

/** Inputs of integer operators that are weights although their elements are integers: weight input and its zero point. */
const INTEGER_WEIGHTS: Record<string, readonly [weight: number, zeroPoint: number]> = {
  ConvInteger: [1, 3],
  MatMulInteger: [1, 3],
  QLinearConv: [3, 5],
  QLinearMatMul: [3, 5],
};

/**
 * Parameters are the elements of the float tensors of rank 1 and up that nodes compute with, each stored tensor once, whatever its
 * storage: a dequantized or shared weight counts as the floats it stands for. Scales, zero points, codebooks, shapes,
 * indices, scalars and limits are not parameters. A non-zero is a parameter whose dequantized value is not 0.
 */
export function countParameters(model: ModelProto): ParameterCount {
  const total = { parameters: 0, nonZeros: 0 };
  if (model.graph) addGraph(new Graph(model), total);
  return total;
}

function addGraph(graph: Graph, total: ParameterCount): void {
  const counted = new Set<string>();
  for (const node of graph.nodes) {
    for (const body of subgraphs(node)) addGraph(new Graph({ ...graph.model, graph: body }), total);
    if (isStorageNode(graph, node)) continue;
    node.input.forEach((value, index) => {
      if (value === '' || SETTINGS[node.opType]?.includes(index) || isRescaling(graph, node)) return;
      addValue(graph, node, index, counted, total);
    });
  }
  for (const sparse of graph.proto.sparseInitializer) addSparse(sparse, total);
  addCaptured(graph, counted, total);
}

/** A Mul of weight scales by the scale that an activation was quantized with at run time. */
function isRescaling(graph: Graph, node: NodeProto): boolean {
  return node.opType === 'Mul' && node.input.some((value) => graph.producer(value)?.opType === 'DynamicQuantizeLinear');
}

function addValue(graph: Graph, node: NodeProto, index: number, counted: Set<string>, total: ParameterCount): void {
  const value = node.input[index]!;
  const integer = INTEGER_WEIGHTS[node.opType];
  if (integer?.[0] === index) return addInteger(graph, node, integer, counted, total);
  if (node.domain === 'com.microsoft' && node.opType === 'MatMulNBits')
    return index === 1 ? addBlocks(graph, node, counted, total) : undefined;
  if (integer) return undefined;
  if (node.opType === 'DynamicQuantizeLSTM') return addRecurrent(graph, node, index, counted, total);
  const table = lookedUpTable(graph, node);
  if (table) return index === 0 ? addTable(table, counted, total) : undefined;
  return addWeight(graph, value, counted, total);
}

/** W and R are integers, each with a scale and a zero point among the last four inputs; biases and peepholes are floats. */
function addRecurrent(graph: Graph, node: NodeProto, index: number, counted: Set<string>, total: ParameterCount): void {
  if (index === 1 || index === 2) return addInteger(graph, node, [index, index === 1 ? 9 : 11], counted, total);
  if (index < 8) addWeight(graph, node.input[index]!, counted, total);
}

/** Rows are looked up in all of a table. */
function addTable({ stored, tensor, zeros }: LookedUpTable, counted: Set<string>, total: ParameterCount): void {
  if (counted.has(stored)) return;
  counted.add(stored);
  const count = elementCount(tensor.dims);
  total.parameters += count;
  total.nonZeros += count - zeros();
}

function addWeight(graph: Graph, value: string, counted: Set<string>, total: ParameterCount): void {
  const shape = weightStorage(graph, value);
  if (!shape || shape.dims.length === 0 || counted.has(shape.storage.stored)) return;
  counted.add(shape.storage.stored);
  total.parameters += elementCount(shape.dims);
  total.nonZeros += countNonZeros(readWeight(graph, value)!.values);
}

/** Constants of this graph that only a subgraph reads. */
function addCaptured(graph: Graph, counted: Set<string>, total: ParameterCount): void {
  for (const { name } of graph.proto.initializer) {
    if (graph.consumers(name).some((use) => use.index < 0)) addWeight(graph, name, counted, total);
  }
}

function addInteger(
  graph: Graph,
  node: NodeProto,
  [weight, zero]: readonly [number, number],
  counted: Set<string>,
  total: ParameterCount,
): void {
  const name = node.input[weight]!;
  const tensor = constantTensor(graph, name);
  if (!tensor || counted.has(name)) return;
  counted.add(name);
  const zeroPoint = node.input[zero] ? constantTensor(graph, node.input[zero]!) : undefined;
  const zeroPoints = zeroPoint ? tensorToNumbers(zeroPoint) : [0];
  total.parameters += elementCount(tensor.dims);
  total.nonZeros += nonZeroIntegers(tensor, zeroPoints, node.opType.includes('Conv'));
}

/** One zero point per output channel lies along the first axis of convolutions and the last of products. */
function nonZeroIntegers(tensor: TensorProto, zeroPoints: readonly number[], first: boolean): number {
  const integers = tensorToNumbers(tensor);
  const inner = first ? elementCount(tensor.dims.slice(1)) : 1;
  return integers.filter((integer, i) => integer !== zeroPoints[Math.floor(i / inner) % zeroPoints.length]).length;
}

/** Fields that pad the last block of a column are no parameters. */
function addBlocks(graph: Graph, node: NodeProto, counted: Set<string>, total: ParameterCount): void {
  const weight = blockwiseWeight(graph, node);
  if (!weight || counted.has(weight.stored)) return;
  counted.add(weight.stored);
  total.parameters += weight.columns * weight.rows;
  for (let column = 0; column < weight.columns; column++) {
    for (let row = 0; row < weight.rows; row++) if (weight.at(column, row) !== 0) total.nonZeros++;
  }
}

function addSparse(sparse: SparseTensorProto, total: ParameterCount): void {
  if (!sparse.values) return;
  total.parameters += elementCount(sparse.dims);
  total.nonZeros += countNonZeros(tensorToFloats(sparse.values));
}

const STORAGE_OPS: ReadonlySet<string> = new Set(['Cast', 'Gather', 'DequantizeLinear', 'Mul']);

/** Nodes that are part of how a constant weight is stored; what reads their output counts it. */
function isStorageNode(graph: Graph, node: NodeProto): boolean {
  return STORAGE_OPS.has(node.opType) && weightStorage(graph, node.output[0] ?? '') !== null;
}

function countNonZeros(values: Float32Array): number {
  let count = 0;
  for (const value of values) if (value !== 0) count++;
  return count;
}
