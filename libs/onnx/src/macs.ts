import { intAttribute, subgraphs } from './attributes.js';
import type { Graph } from './graph.js';
import type { NodeProto } from './proto.js';
import type { Shape } from './shape-rule.js';
import { staticShapes } from './static-shapes.js';
import { constantTensor } from './constants.js';
import { elementCount, tensorDims } from './tensor.js';

type Shapes = (value: string | undefined) => Shape | undefined;
type MacsRule = (node: NodeProto, shape: Shapes) => number | undefined;

/**
 * Multiply-accumulates per operator: output elements times the products summed for each. Biases, norms and activations
 * count nothing.
 */
const MACS: Record<string, MacsRule> = {
  Conv: (node, shape) => convMacs(shape(node.output[0]), shape(node.input[1])),
  ConvInteger: (node, shape) => convMacs(shape(node.output[0]), shape(node.input[1])),
  QLinearConv: (node, shape) => convMacs(shape(node.output[0]), shape(node.input[3])),
  ConvTranspose: (node, shape) => convMacs(shape(node.input[0]), shape(node.input[1])),
  Gemm: (node, shape) =>
    product(shape(node.output[0]), shape(node.input[0])?.[intAttribute(node, 'transA', 0) ? 0 : 1]),
  MatMul: (node, shape) => product(shape(node.output[0]), shape(node.input[0])?.at(-1)),
  MatMulInteger: (node, shape) => product(shape(node.output[0]), shape(node.input[0])?.at(-1)),
  QLinearMatMul: (node, shape) => product(shape(node.output[0]), shape(node.input[0])?.at(-1)),
  LSTM: recurrentMacs,
  GRU: recurrentMacs,
  RNN: recurrentMacs,
  MatMulNBits: (node, shape) => product(shape(node.output[0]), shape(node.input[0])?.at(-1)),
};

/**
 * Operators that multiply but whose work this table does not count: a model with one, or one of the runtime's own with
 * weights, has no figure, rather than a wrong one.
 */
const UNCOUNTED: ReadonlySet<string> = new Set([
  'DynamicQuantizeLSTM',
  'Einsum',
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'FusedMatMul',
  'TransposeMatMul',
  'DeformConv',
]);

/**
 * Multiply-accumulates of one node at given shapes; undefined for what is no layer, or where a shape that it needs is
 * not known.
 */
export function macsOf(node: NodeProto, shape: Shapes): number | undefined {
  return MACS[node.opType]?.(node, shape);
}

/**
 * Multiply-accumulates of one sample (a symbolic batch is 1), or null when a layer's shape does not follow from the
 * file.
 */
export function countMacs(graph: Graph): number | null {
  const perNode = nodeMacs(graph);
  return perNode && [...perNode.values()].reduce((sum, macs) => sum + macs, 0);
}

/** Multiply-accumulates of each layer that has any; null under the same condition as {@link countMacs}. */
export function nodeMacs(graph: Graph): Map<NodeProto, number> | null {
  const shapes = staticShapes(graph);
  const shape: Shapes = (value) => (value ? (shapes.get(value) ?? constantShape(graph, value)) : undefined);
  const perNode = new Map<NodeProto, number>();
  for (const node of graph.nodes) {
    const rule = MACS[node.opType];
    if (UNCOUNTED.has(node.opType) || (!rule && holdsMatrix(graph, node)) || subgraphs(node).length > 0) return null;
    if (!rule) continue;
    const macs = rule(node, shape);
    if (macs === undefined) return null;
    perNode.set(node, macs);
  }
  return perNode;
}

/**
 * Each element of `many` (the outputs; for ConvTranspose the inputs) meets a kernel window over the channels of one
 * group.
 */
function convMacs(many: Shape | undefined, weight: Shape | undefined): number | undefined {
  return many && weight && elementCount(many) * elementCount(weight.slice(1));
}

/** Each step of each sample meets the weights of all gates and directions, those of the input and those of the state. */
function recurrentMacs({ input: [x, w, r] }: NodeProto, shape: Shapes): number | undefined {
  const [steps, weight, recurrence] = [shape(x)?.slice(0, -1), shape(w), shape(r)];
  return steps && weight && recurrence && elementCount(steps) * (elementCount(weight) + elementCount(recurrence));
}

/** An operator of the runtime's own that multiplies by a stored matrix. */
function holdsMatrix(graph: Graph, node: NodeProto): boolean {
  return node.domain === 'com.microsoft' && node.input.some((value) => (constantShape(graph, value)?.length ?? 0) > 1);
}

function product(output: Shape | undefined, summed: number | undefined): number | undefined {
  return output && summed !== undefined ? elementCount(output) * summed : undefined;
}

function constantShape(graph: Graph, value: string): Shape | undefined {
  const tensor = constantTensor(graph, value);
  return tensor && tensorDims(tensor);
}
