import type { Skipped } from '#contracts';
import { reluThenPool } from '../prepare/pool-before-relu.js';
import { isNamed, nodeLabel } from '../name-pattern.js';
import { isOwnOperator, ownOperatorReason } from '../untouched-layers.js';
import type { ActivationBits } from './pairs.js';
import type { WeightBits } from './weight-grid.js';
import { DataType, dataTypeName, floatAttribute, intAttribute, subgraphs, tensorDims, type Graph, type GraphProto, type NodeProto } from '#onnx';

/** A node whose weight can be stored as integers. */
export interface Layer {
  node: NodeProto;
  /** The activation that meets the weight. */
  input: string;
  /** Name of the float initializer, and its position among the node's inputs. */
  weight: string;
  weightIndex: number;
  /** The weight's axis of output channels. */
  axis: number;
  bias: string | null;
  /** Width of its weights, and of the activation it reads, where the options name the layer. */
  bits?: WeightBits;
  activationBits?: ActivationBits;
}

export interface Selection {
  layers: Layer[];
  skipped: Skipped[];
}

interface LayerRule {
  axis(node: NodeProto): number;
  /** Why a node of this type cannot be quantized, or null. */
  refusal(node: NodeProto, dims: readonly number[]): string | null;
}

/** The operators for which the runtime has int8 kernels with a constant weight. */
export const LAYER_RULES = {
  Conv: { axis: () => 0, refusal: () => null },
  Gemm: {
    axis: (node) => (intAttribute(node, 'transB', 0) ? 0 : 1),
    refusal: (node) => (floatAttribute(node, 'beta', 1) === 1 || !node.input[2] ? null : 'its beta is not 1 and its bias computed, which the int8 kernel cannot apply'),
  },
  MatMul: {
    axis: () => 1,
    refusal: (_node, dims) => (dims.length === 2 ? null : `its weight has ${dims.length} dimensions, int8 kernels take 2`),
  },
} as const satisfies Record<string, LayerRule>;
export type LayerOpType = keyof typeof LAYER_RULES;

export interface SelectionOptions {
  opTypes: readonly LayerOpType[];
  exclude: readonly string[];
  /** See QuantizeOptions. */
  minProducts: number;
}

/** Operators that hold weights but have no int8 kernel here, with the reason a report gives. */
const UNSUPPORTED: Record<string, string> = {
  ConvTranspose: 'the runtime has no int8 kernel for ConvTranspose',
  LSTM: 'recurrent weights stay float: the runtime has no Q/DQ fusion for LSTM',
  GRU: 'recurrent weights stay float: the runtime has no Q/DQ fusion for GRU',
  RNN: 'recurrent weights stay float: the runtime has no Q/DQ fusion for RNN',
};

/** Splits the graph's weighted nodes into those to quantize and those left alone, each of the latter with its reason. */
export function selectLayers(graph: Graph, options: SelectionOptions): Selection {
  const selection: Selection = { layers: [], skipped: [] };
  for (const node of graph.nodes) {
    const outcome = node.domain === '' ? judge(graph, node, options) : ofRuntime(node);
    if (typeof outcome === 'string') selection.skipped.push({ node: nodeLabel(node), opType: node.opType, reason: outcome });
    else if (outcome) selection.layers.push(outcome);
    selection.skipped.push(...subgraphs(node).flatMap((inner) => insideSubgraph(inner, node)));
  }
  return selection;
}

/** What the runtime made of layers when it optimized the model, or wrote as its own. */
function ofRuntime(node: NodeProto): string {
  return isOwnOperator(node) ? ownOperatorReason(node) : 'its weight is quantized already';
}

function judge(graph: Graph, node: NodeProto, options: SelectionOptions): Layer | string | null {
  const unsupported = UNSUPPORTED[node.opType];
  if (unsupported) return unsupported;
  if (!isLayerOpType(node.opType)) return null;
  if (!options.opTypes.includes(node.opType)) return `opTypes does not list ${node.opType}`;
  if (isNamed(node, options.exclude)) return 'excluded by the options';
  const weight = node.input[1] ?? '';
  const tensor = graph.initializer(weight);
  if (!tensor) return withoutConstantWeight(graph, node);
  if (tensor.dataType !== DataType.FLOAT) return `its weight is ${dataTypeName(tensor.dataType)}, not FLOAT`;
  if (graph.initializer(node.input[0]!)) return 'both operands are constants: fold it instead';
  const rule: LayerRule = LAYER_RULES[node.opType];
  const refusal = rule.refusal(node, tensorDims(tensor));
  if (refusal) return refusal;
  if (isThinStem(graph, node, tensorDims(tensor), options.minProducts)) return 'float is faster: it has so few products per output that rounding them back to integers costs more than they do';
  // Q/DQ pairs rename outputs, and a nameless node is known by its first one.
  node.name = nodeLabel(node);
  return { node, input: node.input[0]!, weight, weightIndex: 1, axis: rule.axis(node), bias: node.opType === 'MatMul' ? null : node.input[2] || null };
}

/** Whether a convolution ahead of Relu -> MaxPool does so little per output that the pooled float result is the better thing to quantize. */
function isThinStem(graph: Graph, node: NodeProto, dims: readonly number[], minProducts: number): boolean {
  if (node.opType !== 'Conv' || intAttribute(node, 'group', 1) !== 1) return false;
  return dims.slice(1).reduce((product, dim) => product * dim, 1) < minProducts && reluThenPool(graph, node) !== null;
}

function withoutConstantWeight(graph: Graph, node: NodeProto): string {
  const producer = graph.producer(node.input[1] ?? '');
  if (producer?.opType === 'DequantizeLinear') return 'its weight is quantized already';
  if (graph.initializer(node.input[0]!)) return 'its constant is the left operand, int8 kernels want it on the right';
  return 'its weight is computed at run time';
}

function insideSubgraph(graph: GraphProto, owner: NodeProto): Skipped[] {
  const place = `it lies inside the ${owner.opType} node "${nodeLabel(owner)}", whose body is left alone`;
  return graph.node.flatMap((node) => [
    ...(isLayerOpType(node.opType) || UNSUPPORTED[node.opType] || isOwnOperator(node) ? [{ node: nodeLabel(node), opType: node.opType, reason: place }] : []),
    ...subgraphs(node).flatMap((inner) => insideSubgraph(inner, node)),
  ]);
}

/** Whether a node multiplies by weights, selected or not. */
export function isWeighted(graph: Graph, node: NodeProto): boolean {
  if (UNSUPPORTED[node.opType]) return true;
  return isLayerOpType(node.opType) && (graph.initializer(node.input[1] ?? '') !== undefined || graph.producer(node.input[1] ?? '')?.opType === 'DequantizeLinear');
}

function isLayerOpType(opType: string): opType is LayerOpType {
  return Object.hasOwn(LAYER_RULES, opType);
}
