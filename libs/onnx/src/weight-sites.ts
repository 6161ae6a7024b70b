import { outputOf } from './accessors.js';
import { intAttribute } from './attributes.js';
import type { Graph } from './graph.js';
import type { NodeProto } from './proto.js';
import { weightStorage, type WeightShape } from './weight-storage.js';

export type WeightedOp = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul';

export interface Bias {
  value: string;
  /** The node that adds it: the layer itself, or the Add behind a MatMul. */
  node: NodeProto;
  index: number;
}

/** A layer and its constant weight; axes count from 0 in the weight's own shape. */
export interface WeightSite extends WeightShape {
  node: NodeProto;
  opType: WeightedOp;
  /** The value that the layer reads, and at which input. */
  weight: string;
  weightIndex: 0 | 1;
  /** Axis of output channels; per group of `group` for ConvTranspose. */
  outputAxis: number;
  /** Axis of input channels; per group for Conv. */
  inputAxis: number;
  group: number;
  bias: Bias | null;
}

type Axes = Pick<WeightSite, 'outputAxis' | 'inputAxis'>;

/** Where each layer keeps its channels (ONNX operator specs), given the weight's rank. */
const AXES: Record<WeightedOp, (node: NodeProto, rank: number, weightIndex: 0 | 1) => Axes> = {
  Conv: () => ({ outputAxis: 0, inputAxis: 1 }),
  ConvTranspose: () => ({ outputAxis: 1, inputAxis: 0 }),
  Gemm: (node) => (intAttribute(node, 'transB', 0) ? { outputAxis: 0, inputAxis: 1 } : { outputAxis: 1, inputAxis: 0 }),
  MatMul: (_, rank, weightIndex) =>
    weightIndex === 1 ? { outputAxis: rank - 1, inputAxis: rank - 2 } : { outputAxis: rank - 2, inputAxis: rank - 1 },
};

/** Every layer of the main graph whose weight is a constant in a storage that readWeight reads, in graph order. */
export function weightSites(graph: Graph): WeightSite[] {
  return graph.nodes.flatMap((node) => weightSite(graph, node) ?? []);
}

/** The weight site of one node, or null when it is not such a layer. */
export function weightSite(graph: Graph, node: NodeProto): WeightSite | null {
  if (node.domain !== '' || !isWeightedOp(node.opType)) return null;
  const opType = node.opType;
  const candidates: (0 | 1)[] = opType === 'MatMul' ? [1, 0] : [1];
  for (const weightIndex of candidates) {
    const weight = node.input[weightIndex] ?? '';
    const shape = weightStorage(graph, weight);
    if (!shape || shape.dims.length < 2) continue;
    const group = opType.startsWith('Conv') ? intAttribute(node, 'group', 1) : 1;
    const axes = AXES[opType](node, shape.dims.length, weightIndex);
    return { node, opType, weight, weightIndex, ...shape, ...axes, group, bias: biasOf(graph, node, opType) };
  }
  return null;
}

function isWeightedOp(opType: string): opType is WeightedOp {
  return Object.hasOwn(AXES, opType);
}

function biasOf(graph: Graph, node: NodeProto, opType: WeightedOp): Bias | null {
  if (opType === 'MatMul') return addedBias(graph, outputOf(node));
  const value = node.input[2] ?? '';
  return weightStorage(graph, value) ? { value, node, index: 2 } : null;
}

/** The vector that the only reader of a MatMul adds to its last axis. */
function addedBias(graph: Graph, product: string): Bias | null {
  const [use, ...more] = graph.consumers(product);
  if (!use || more.length > 0 || use.node.opType !== 'Add' || use.index < 0 || graph.isOutput(product)) return null;
  const index = 1 - use.index;
  const value = use.node.input[index] ?? '';
  const shape = weightStorage(graph, value);
  return shape && shape.dims.length >= 1 && shape.dims.slice(0, -1).every((dim) => dim === 1)
    ? { value, node: use.node, index }
    : null;
}
