import type { Skipped } from '#contracts';
import { fakeQuantize } from '#autodiff';
import { DataType, Graph, dataTypeBits, floatTensor, integerLimits, tensorDims, tensorToFloats, tensorToNumbers, type NodeProto, type TensorProto } from '#onnx';
import { poolBeforeRelu } from '../prepare/pool-before-relu.js';
import { gridValues, integerGrid, onGrid, type IntegerGrid } from './integer-grid.js';

/** A weight under training: floats in the training graph, whatever its storage in the model. */
export interface Trainable {
  /** Name of the float initializer in the training graph. */
  name: string;
  dims: number[];
  values: Float32Array;
  /** Bits of one stored element. */
  bits: number;
  /** Whether weight decay makes sense: false for biases and scales of norms. */
  isMatrix: boolean;
  /** The trained values in the model's own storage; null for a weight that serves the training alone. */
  stored(values: Float32Array): TensorProto | null;
}

/** A model in the form that is trained. */
export interface TrainingForm {
  graph: Graph;
  trainables: Trainable[];
  skipped: Skipped[];
}

/** Input positions at which an operator reads something that is learned. */
const PARAMETER_INPUTS: Record<string, readonly number[]> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  Add: [0, 1],
  Sub: [0, 1],
  Mul: [0, 1],
  PRelu: [1],
  Gather: [0],
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
};

/**
 * Turns a copy of the model into its training form:
 *
 *     int W -> [Cast] -> DequantizeLinear -> Y      becomes   float W' -> FakeQuantize -> Y
 *     X -> QuantizeLinear -> DequantizeLinear -> Y  becomes   X -> FakeQuantize -> Y
 *
 * so that zeros, grids and the model's file survive training. `graph` is changed in place.
 */
export function trainingForm(graph: Graph): TrainingForm {
  const trainables: Trainable[] = [];
  const skipped: Skipped[] = [];
  for (const node of [...graph.nodes].filter(({ opType }) => opType === 'DequantizeLinear')) {
    const weight = integerGrid(graph, node);
    if (weight) trainables.push(...releaseWeight(graph, node, weight, trainables));
    else if (!releaseActivation(graph, node) && isConstant(graph, node.input[0]!)) {
      skipped.push({ node: node.name || node.output[0]!, opType: node.opType, reason: 'its integers are blocked or come from a codebook, which is not trained: it stays as it is' });
    }
  }
  graph.removeDeadCode();
  // Clamping after the pooling has fewer elements to clamp, forward and back.
  for (const node of [...graph.nodes]) if (node.opType === 'Conv') poolBeforeRelu(graph, node);
  trainables.push(...floatTrainables(graph, new Set(trainables.map(({ name }) => name))));
  return { graph, trainables, skipped };
}

/** Float copies of the integers in place of the DequantizeLinear; one per stored tensor, however often it is read. */
function releaseWeight(graph: Graph, node: NodeProto, grid: IntegerGrid, known: readonly Trainable[]): Trainable[] {
  const shadow = `${grid.tensor.name}/shadow`;
  const isNew = !known.some(({ name }) => name === shadow);
  const values = gridValues(grid);
  if (isNew) graph.addInitializer(floatTensor(shadow, grid.dims, values));
  if (grid.bits > 16) {
    replaceNode(graph, node, shadow);
  } else {
    const shape = grid.dims.map((_, i) => (i === grid.axis ? grid.scales.length : 1));
    const constants = gridConstants(graph, node.output[0]!, grid.scales, grid.axis === null ? [] : shape, grid.low, grid.high);
    substitute(graph, node, fakeQuantize(shadow, ...constants, node.output[0]!, node.name));
  }
  if (!isNew) return [];
  return [{ name: shadow, dims: grid.dims, values, bits: grid.bits, isMatrix: grid.dims.length > 1, stored: (trained) => onGrid(grid, trained) }];
}

/** The pair that puts an activation on its grid. */
function releaseActivation(graph: Graph, node: NodeProto): boolean {
  const quantize = graph.producer(node.input[0]!);
  const scale = graph.initializer(node.input[1]!);
  if (quantize?.opType !== 'QuantizeLinear' || !scale || scale.dims.some((dim) => dim !== 1n)) return false;
  const zeroPoint = node.input[2] ? graph.initializer(node.input[2]) : undefined;
  const [low, high] = integerLimits(zeroPoint?.dataType ?? DataType.UINT8);
  const offset = zeroPoint ? tensorToNumbers(zeroPoint)[0]! : 0;
  const constants = gridConstants(graph, node.output[0]!, tensorToFloats(scale), [], low - offset, high - offset);
  substitute(graph, node, fakeQuantize(quantize.input[0]!, ...constants, node.output[0]!, node.name));
  return true;
}

function gridConstants(graph: Graph, value: string, scales: Float32Array, shape: number[], low: number, high: number): [string, string, string] {
  const add = (part: string, dims: number[], values: ArrayLike<number>) => graph.addInitializer(floatTensor(graph.freshName(`${value}/${part}`), dims, values)).name;
  return [add('scale', shape, scales), add('low', [], [low]), add('high', [], [high])];
}

function substitute(graph: Graph, node: NodeProto, replacement: NodeProto): void {
  graph.addNode(replacement, { before: node });
  graph.removeNode(node);
}

/** Lets readers of a node read a value instead. */
function replaceNode(graph: Graph, node: NodeProto, value: string): void {
  graph.replaceUses(node.output[0]!, value);
  graph.removeNode(node);
}

function isConstant(graph: Graph, value: string): boolean {
  const producer = graph.producer(value);
  return producer ? producer.input.every((input) => input === '' || isConstant(graph, input)) : !graph.isInput(value);
}

function floatTrainables(graph: Graph, taken: ReadonlySet<string>): Trainable[] {
  const names = new Set(graph.nodes.flatMap((node) => (PARAMETER_INPUTS[node.opType] ?? []).map((index) => node.input[index] ?? '')));
  return graph.proto.initializer.flatMap((tensor): Trainable[] => {
    const dims = tensorDims(tensor);
    const size = dims.reduce((product, dim) => product * dim, 1);
    // A single number beside Add or Mul is arithmetic (a half, an epsilon), not a weight.
    if (!names.has(tensor.name) || taken.has(tensor.name) || tensor.dataType !== DataType.FLOAT || dims.length === 0 || size <= 1) return [];
    if (graph.isOutput(tensor.name)) return [];
    return [{ name: tensor.name, dims, values: tensorToFloats(tensor), bits: dataTypeBits(tensor.dataType) ?? 32, isMatrix: dims.length > 1, stored: (values) => floatTensor(tensor.name, dims, values) }];
  });
}
