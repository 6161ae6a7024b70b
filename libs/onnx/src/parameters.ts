import { inputOf } from './accessors.js';
import { subgraphs } from './attributes.js';
import { blockwiseWeight, type BlockwiseWeight } from './blockwise.js';
import { constantTensor } from './constants.js';
import { Graph } from './graph.js';
import { lookedUpTable, rowScales, type LookedUpTable } from './looked-up-table.js';
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

/**
 * Inputs of integer operators that are weights although their elements are integers: weight input and its zero point.
 */
const INTEGER_WEIGHTS: Record<string, readonly [weight: number, zeroPoint: number]> = {
  ConvInteger: [1, 3],
  MatMulInteger: [1, 3],
  QLinearConv: [3, 5],
  QLinearMatMul: [3, 5],
};

/**
 * Parameters are the elements of the float tensors of rank 1 and up that nodes compute with, each stored tensor once,
 * whatever its storage: a dequantized or shared weight counts as the floats it stands for. Scales, zero points,
 * codebooks, shapes, indices, scalars and limits are not parameters. A non-zero is a parameter whose dequantized value
 * is not 0.
 */
export function countParameters(model: ModelProto): ParameterCount {
  if (!model.graph) return { parameters: 0, nonZeros: 0 };
  const { parameters, nonZeros } = countGraph(new Graph(model), new Counts(true));
  return { parameters, nonZeros };
}

/** How many parameters each stored tensor of a graph holds, by its name; those of bodies are not among them. */
export function parametersByTensor(graph: Graph): ReadonlyMap<string, number> {
  return countGraph(graph, new Counts(false)).byTensor;
}

/**
 * Counts of the stored tensors of a graph, each once, and of the bodies of its nodes; values are read only where zeros
 * are wanted.
 */
class Counts implements ParameterCount {
  readonly byTensor = new Map<string, number>();
  parameters = 0;
  nonZeros = 0;

  constructor(readonly areZerosWanted: boolean) {}

  has(stored: string): boolean {
    return this.byTensor.has(stored);
  }

  add(stored: string, parameters: number, nonZeros: () => number): void {
    this.byTensor.set(stored, parameters);
    this.parameters += parameters;
    if (this.areZerosWanted) this.nonZeros += nonZeros();
  }

  addBody({ parameters, nonZeros }: ParameterCount): void {
    this.parameters += parameters;
    this.nonZeros += nonZeros;
  }
}

function countGraph(graph: Graph, counts: Counts): Counts {
  const scalesOfRows = rowScales(graph);
  for (const node of graph.nodes) {
    for (const body of subgraphs(node))
      counts.addBody(countGraph(new Graph({ ...graph.model, graph: body }), new Counts(counts.areZerosWanted)));
    if (isStorageNode(graph, node)) continue;
    node.input.forEach((value, index) => {
      if (value === '' || SETTINGS[node.opType]?.includes(index) || isRescaling(graph, node)) return;
      if (index === 0 && scalesOfRows.has(value)) return;
      addValue(graph, node, index, counts);
    });
  }
  for (const sparse of graph.proto.sparseInitializer) addSparse(sparse, counts);
  addCaptured(graph, counts);
  return counts;
}

/** A Mul of weight scales by the scale that an activation was quantized with at run time. */
function isRescaling(graph: Graph, node: NodeProto): boolean {
  return node.opType === 'Mul' && node.input.some((value) => graph.producer(value)?.opType === 'DynamicQuantizeLinear');
}

function addValue(graph: Graph, node: NodeProto, index: number, counts: Counts): void {
  const value = inputOf(node, index);
  const integer = INTEGER_WEIGHTS[node.opType];
  if (integer?.[0] === index) return addInteger(graph, node, integer, counts);
  if (node.domain === 'com.microsoft' && node.opType === 'MatMulNBits')
    return index === 1 ? addBlocks(graph, node, counts) : undefined;
  if (integer) return undefined;
  if (node.opType === 'DynamicQuantizeLSTM') return addRecurrent(graph, node, index, counts);
  const table = lookedUpTable(graph, node);
  if (table) return index === 0 ? addTable(table, counts) : undefined;
  return addWeight(graph, value, counts);
}

/**
 * W and R are integers, each with a scale and a zero point among the last four inputs; biases and peepholes are floats.
 */
function addRecurrent(graph: Graph, node: NodeProto, index: number, counts: Counts): void {
  if (index === 1 || index === 2) return addInteger(graph, node, [index, index === 1 ? 9 : 11], counts);
  if (index < 8) addWeight(graph, inputOf(node, index), counts);
}

/** Rows are looked up in all of a table. */
function addTable({ stored, tensor, zeros }: LookedUpTable, counts: Counts): void {
  if (counts.has(stored)) return;
  const count = elementCount(tensor.dims);
  counts.add(stored, count, () => count - zeros());
}

function addWeight(graph: Graph, value: string, counts: Counts): void {
  const shape = weightStorage(graph, value);
  if (!shape || shape.dims.length === 0 || counts.has(shape.storage.stored)) return;
  counts.add(shape.storage.stored, elementCount(shape.dims), () => countNonZeros(floatsOf(graph, value)));
}

/** Constants of this graph that only a subgraph reads. */
function addCaptured(graph: Graph, counts: Counts): void {
  for (const { name } of graph.proto.initializer) {
    if (graph.consumers(name).some((use) => use.index < 0)) addWeight(graph, name, counts);
  }
}

function addInteger(graph: Graph, node: NodeProto, [weight, zero]: readonly [number, number], counts: Counts): void {
  const name = inputOf(node, weight);
  const tensor = constantTensor(graph, name);
  if (!tensor || counts.has(name)) return;
  const zeroPoint = constantTensor(graph, node.input[zero] ?? '');
  const zeroPoints = zeroPoint ? tensorToNumbers(zeroPoint) : [0];
  const nonZeros = () => nonZeroIntegers(tensor, zeroPoints, node.opType.includes('Conv'));
  counts.add(name, elementCount(tensor.dims), nonZeros);
}

/** One zero point per output channel lies along the first axis of convolutions and the last of products. */
function nonZeroIntegers(tensor: TensorProto, zeroPoints: readonly number[], first: boolean): number {
  const integers = tensorToNumbers(tensor);
  const inner = first ? elementCount(tensor.dims.slice(1)) : 1;
  return integers.filter((integer, i) => integer !== zeroPoints[Math.floor(i / inner) % zeroPoints.length]).length;
}

/** Fields that pad the last block of a column are no parameters. */
function addBlocks(graph: Graph, node: NodeProto, counts: Counts): void {
  const weight = blockwiseWeight(graph, node);
  if (!weight || counts.has(weight.stored)) return;
  counts.add(weight.stored, weight.columns * weight.rows, () => nonZeroBlocks(weight));
}

function nonZeroBlocks(weight: BlockwiseWeight): number {
  let nonZeros = 0;
  for (let column = 0; column < weight.columns; column++) {
    for (let row = 0; row < weight.rows; row++) if (weight.at(column, row) !== 0) nonZeros++;
  }
  return nonZeros;
}

function addSparse(sparse: SparseTensorProto, counts: Counts): void {
  if (!sparse.values) return;
  const { values, dims } = sparse;
  counts.add(values.name, elementCount(dims), () => countNonZeros(tensorToFloats(values)));
}

const STORAGE_OPS: ReadonlySet<string> = new Set(['Cast', 'Gather', 'DequantizeLinear', 'Mul']);

/** Nodes that are part of how a constant weight is stored; what reads their output counts it. */
function isStorageNode(graph: Graph, node: NodeProto): boolean {
  return STORAGE_OPS.has(node.opType) && weightStorage(graph, node.output[0] ?? '') !== null;
}

function floatsOf(graph: Graph, value: string): Float32Array {
  return readWeight(graph, value)?.values ?? new Float32Array();
}

function countNonZeros(values: Float32Array): number {
  let count = 0;
  for (const value of values) if (value !== 0) count++;
  return count;
}
