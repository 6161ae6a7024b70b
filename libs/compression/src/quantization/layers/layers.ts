import { leftAlone } from '../../left-alone.js';
import type { Skipped } from '#contracts';
import { reluThenPool } from '../../rewrites/pool-before-relu.js';
import { isNamed } from '../../name-pattern.js';
import { INTEGER_FORMS, isOwnOperator, ownOperatorReason } from '../../untouched-layers.js';
import { floatConstant, isWidened, readWidened } from '../../rewrites/widened-constants.js';
import { holdsFloats } from './float-constants.js';
import type { ActivationBits, WeightBits } from '../grid/bits.js';
import {
  nodeLabel,
  DataType,
  dataTypeBits,
  dataTypeName,
  floatAttribute,
  intAttribute,
  rowScaling,
  subgraphs,
  type Graph,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  inputOf,
} from '#onnx';

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
  /** Its weight alone is stored as integers: it computes in floats. */
  isWeightsOnly?: true;
  /** Its weight is a table too, and is stored as that one lies. */
  tied?: TiedWeight;
}

/** How a table lies that is also the weight of a layer. */
export interface TiedWeight {
  /** Whether the layer reads it with its axes exchanged. */
  isTurned: boolean;
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
    refusal: (node) =>
      floatAttribute(node, 'beta', 1) === 1 || !node.input[2]
        ? null
        : 'its beta is not 1 and its bias computed, which the int8 kernel cannot apply',
  },
  MatMul: {
    axis: () => 1,
    refusal: (_node, dims) =>
      dims.length === 2 ? null : `its weight has ${dims.length} dimensions, int8 kernels take 2`,
  },
} as const satisfies Record<string, LayerRule>;
export type LayerOpType = keyof typeof LAYER_RULES;

export interface SelectionOptions {
  opTypes: readonly string[];
  exclude: readonly string[];
  /** See QuantizeOptions. */
  minProducts: number;
}

/** Operators that hold weights but have no int8 kernel here, with the reason a report gives. */
const UNSUPPORTED: Record<string, string> = {
  ConvTranspose: 'the runtime has no int8 kernel for ConvTranspose',
  GRU: 'the runtime has no integer kernel for GRU',
  RNN: 'the runtime has no integer kernel for RNN',
};

/** Operators whose weights are integers already. */
const QUANTIZED: ReadonlySet<string> = new Set(['ConvInteger', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul']);
const QUANTIZED_BEFORE = 'its weight is quantized already: give the float model that it was made from';

/**
 * Splits the graph's weighted nodes into those to quantize and those left alone, each of the latter with its reason.
 */
export function selectLayers(graph: Graph, options: SelectionOptions): Selection {
  const selection: Selection = { layers: [], skipped: [] };
  for (const node of graph.nodes) {
    const outcome = node.domain === '' ? selectNode(graph, node, options) : ofRuntime(node);
    if (typeof outcome === 'string') selection.skipped.push(leftAlone(node, outcome));
    else if (outcome) selection.layers.push(outcome);
    selection.skipped.push(...subgraphs(node).flatMap((inner) => insideSubgraph(inner, node)));
  }
  return selection;
}

/** What the runtime made of layers when it optimized the model, or wrote as its own. */
function ofRuntime(node: NodeProto): string {
  return isOwnOperator(node) && !INTEGER_FORMS.has(node.opType) ? ownOperatorReason(node) : QUANTIZED_BEFORE;
}

function selectNode(graph: Graph, node: NodeProto, options: SelectionOptions): Layer | string | null {
  const unsupported = UNSUPPORTED[node.opType];
  if (unsupported) return isStoredBefore(graph, node) ? QUANTIZED_BEFORE : unsupported;
  if (QUANTIZED.has(node.opType)) return QUANTIZED_BEFORE;
  if (isStoredTable(graph, node)) return QUANTIZED_BEFORE;
  if (!isLayerOpType(node.opType)) return null;
  if (!options.opTypes.includes(node.opType)) return `opTypes does not list ${node.opType}`;
  if (isNamed(node, options.exclude)) return 'excluded by the options';
  const weight = node.input[1] ?? '';
  const tensor = graph.initializer(weight);
  const constant = floatConstant(graph, weight);
  if (!tensor && !constant) return withoutConstantWeight(graph, node);
  if (tensor && tensor.dataType !== DataType.FLOAT) return `its weight is ${dataTypeName(tensor.dataType)}, not FLOAT`;
  if (graph.initializer(node.input[0] ?? '')) return 'both operands are constants: fold it instead';
  const rule: LayerRule = LAYER_RULES[node.opType];
  const { dims } = constant!;
  const refusal = rule.refusal(node, dims);
  if (refusal) return refusal;
  if (isThinStem(graph, node, dims, options.minProducts))
    return (
      'float is faster: it has so few products per output that rounding them back to integers costs more than ' +
      'they do'
    );
  // Q/DQ pairs rename outputs, and a nameless node is known by its first one.
  node.name = nodeLabel(node);
  return {
    node,
    input: inputOf(node, 0),
    weight,
    weightIndex: 1,
    axis: rule.axis(node),
    bias: node.opType === 'MatMul' ? null : node.input[2] || null,
  };
}

/** Whether a node's weight is made of stored integers when the file is loaded. */
function isStoredBefore(graph: Graph, { input }: NodeProto): boolean {
  return constantSources(graph, input[1] ?? '')?.some(isInteger) ?? false;
}

/** Whether a node looks up rows of integers, which a DequantizeLinear or their own scales then make floats of. */
function isStoredTable(graph: Graph, node: NodeProto): boolean {
  const { opType, input, output } = node;
  const tensor = opType === 'Gather' ? graph.initializer(input[0] ?? '') : undefined;
  if (!tensor || !isInteger(tensor)) return false;
  if (rowScaling(graph, node)) return true;
  return graph.consumers(output[0] ?? '').some(({ node }) => node.opType === 'DequantizeLinear');
}

/**
 * Whether a convolution ahead of Relu -> MaxPool does so little per output that the pooled float result is the better
 * thing to quantize.
 */
function isThinStem(graph: Graph, node: NodeProto, dims: readonly number[], minProducts: number): boolean {
  if (node.opType !== 'Conv' || intAttribute(node, 'group', 1) !== 1) return false;
  const products = dims.slice(1).reduce((product, dim) => product * dim, 1);
  return products < minProducts && reluThenPool(graph, node) !== null;
}

function withoutConstantWeight(graph: Graph, node: NodeProto): string {
  const weight = node.input[1] ?? '';
  const producer = graph.producer(weight);
  if (producer?.opType === 'DequantizeLinear') return QUANTIZED_BEFORE;
  if (floatConstant(graph, node.input[0] ?? ''))
    return 'its constant is the left operand, int8 kernels want it on the right';
  const sources = constantSources(graph, weight);
  if (sources?.some(isInteger)) return QUANTIZED_BEFORE;
  return sources
    ? `its weight is computed from constants by ${producer?.opType}, and would be larger than they are`
    : 'its weight is computed at run time';
}

/**
 * The stored tensors that alone decide a value, or null where an input of the graph does too. Each value is looked at
 * once.
 */
function constantSources(graph: Graph, value: string): TensorProto[] | null {
  const behind = new Set([value]);
  const sources: TensorProto[] = [];
  for (const name of behind) {
    const tensor = graph.initializer(name);
    const node = tensor ? undefined : graph.producer(name);
    if (!tensor && !node) return null;
    if (tensor) sources.push(tensor);
    for (const input of node?.input ?? []) if (input !== '') behind.add(input);
  }
  return sources;
}

function isInteger({ dataType, dims }: TensorProto): boolean {
  return dims.length > 1 && (dataTypeBits(dataType) ?? 64) <= 8;
}

/**
 * Lets each layer read weight and bias as initializers of single precision, also where the file stores them in another.
 */
export function widenWeights(graph: Graph, layers: readonly Layer[]): void {
  const made = new Map<string, string>();
  const widen = (layer: Layer, value: string, index: number) => {
    if (!isWidened(graph, value)) return value;
    const known = made.get(value);
    if (known) graph.setInput(layer.node, index, known);
    const name = known ?? readWidened(graph, layer.node, index);
    made.set(value, name);
    return name;
  };
  for (const layer of layers) {
    layer.weight = widen(layer, layer.weight, layer.weightIndex);
    if (layer.bias) layer.bias = widen(layer, layer.bias, 2);
  }
}

function insideSubgraph(graph: GraphProto, owner: NodeProto): Skipped[] {
  const place = `it lies inside the ${owner.opType} node "${nodeLabel(owner)}", whose body is left alone`;
  return graph.node.flatMap((node) => [
    ...(isLayerOpType(node.opType) ||
    isHolder(node) ||
    QUANTIZED.has(node.opType) ||
    isOwnOperator(node) ||
    holdsFloats(graph, node)
      ? [leftAlone(node, place)]
      : []),
    ...subgraphs(node).flatMap((inner) => insideSubgraph(inner, node)),
  ]);
}

/** Whether a node's operator holds weights although it is no layer; an LSTM's are chosen apart. */
function isHolder({ opType }: NodeProto): boolean {
  return opType === 'LSTM' || Object.hasOwn(UNSUPPORTED, opType);
}

/** Whether a node multiplies by weights, selected or not. */
export function isWeighted(graph: Graph, node: NodeProto): boolean {
  if (isHolder(node)) return true;
  return (
    isLayerOpType(node.opType) &&
    (graph.initializer(node.input[1] ?? '') !== undefined ||
      isWidened(graph, node.input[1] ?? '') ||
      graph.producer(node.input[1] ?? '')?.opType === 'DequantizeLinear')
  );
}

export function isLayerOpType(opType: string): opType is LayerOpType {
  return Object.hasOwn(LAYER_RULES, opType);
}
