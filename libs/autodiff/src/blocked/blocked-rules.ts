import { changed, intAttribute, makeNode, type NodeProto, inputOf, outputOf, elementOf } from '#onnx';
import { BLOCKED_DOMAIN } from '../gradient-builder.js';
import type { BlockedGraph } from './blocked-graph.js';

/**
 * Writes a node on twins and says what of the node is still needed: nothing where its output now comes from its twin.
 */
export type BlockedRule = (node: NodeProto, graph: BlockedGraph) => 'replaced' | 'beside' | 'kept';

/** By operator; operators without a rule read and give plain values. */
export const BLOCKED_RULES: Readonly<Record<string, BlockedRule>> = {
  Conv: convolution,
  MaxPool: (node, graph) => {
    if (!graph.hasTwin(inputOf(node, 0)) || node.output.length > 1 || intAttribute(node, 'ceil_mode', 0) !== 0)
      return 'kept';
    return replaced(node, graph, onTwins(node, graph, [graph.twin(inputOf(node, 0))]));
  },
  // A blocked [N, C, 1, 1] is a plain one.
  GlobalAveragePool: (node, graph) => {
    if (!graph.hasTwin(inputOf(node, 0))) return 'kept';
    graph.nodes.push(changed(node, { domain: BLOCKED_DOMAIN, input: [graph.twin(inputOf(node, 0))] }));
    return 'replaced';
  },
  Expand: (node, graph) => {
    const [from, to] = [graph.dims(inputOf(node, 0)), graph.dims(outputOf(node))];
    if (!from || !to || !graph.fills(outputOf(node)) || !sameDims(from, [to[0]!, to[1]!, 1, 1])) return 'kept';
    const [samples, channels, ...size] = to as [number, number, number, number];
    const blocks = (spatial: readonly number[]) => [samples, channels / graph.block, ...spatial, graph.block];
    const image = graph.reshape(inputOf(node, 0), blocks([1, 1]));
    const spread = graph.add('Expand', [image, graph.ints(blocks(size))]);
    graph.setTwin(outputOf(node), graph.reshape(spread, to));
    return 'beside';
  },
  // Sums over the image, as a bias's gradient has them.
  ReduceSum: (node, graph) => {
    const dims = graph.dims(inputOf(node, 0));
    if (!graph.hasTwin(inputOf(node, 0)) || !dims || !sameDims(graph.dims(outputOf(node)) ?? [], dims.slice(0, 2)))
      return 'kept';
    const [samples, channels, height, width] = dims as [number, number, number, number];
    const block = graph.twin(inputOf(node, 0));
    const blocks = graph.reshape(block, [samples, channels / graph.block, height * width, graph.block]);
    const sums = graph.add('ReduceSum', [blocks, graph.ints([2])], { keepdims: 0 });
    const shape = graph.ints([samples, channels]);
    graph.nodes.push(makeNode('Reshape', [sums, shape], [outputOf(node)]));
    return 'replaced';
  },
  ...Object.fromEntries(
    [
      'Add',
      'Sub',
      'Mul',
      'Div',
      'Sum',
      'Min',
      'Max',
      'Relu',
      'Clip',
      'LeakyRelu',
      'Sigmoid',
      'HardSigmoid',
      'HardSwish',
      'Tanh',
      'Neg',
      'Abs',
      'Sqrt',
      'Exp',
      'Identity',
      'Cast',
      'Greater',
      'Less',
      'Equal',
      'And',
      'Not',
      'Where',
      'Round',
    ].map((opType) => [opType, elementwise]),
  ),
};

/** Element by element: the same on twins, once one input has a twin and the others are numbers or of the same shape. */
function elementwise(node: NodeProto, graph: BlockedGraph): 'replaced' | 'beside' | 'kept' {
  const values = node.input.filter((value) => value !== '' && !graph.isScalar(value));
  const twins = () => node.input.map((value) => (values.includes(value) ? graph.twin(value) : value));
  const dims = values.map((value) => graph.dims(value));
  const [first] = dims;
  if (!first || !dims.every((shape) => shape && sameDims(shape, first))) return 'kept';
  graph.setDims(outputOf(node), first);
  if (!values.some((value) => graph.hasTwin(value))) return 'kept';
  if (GIVES_BOOLEANS.has(node.opType) || READS_BOOLEANS.has(node.opType)) {
    // Booleans cannot be reordered: whoever wants them plain computes them so.
    if (!values.every((value) => graph.hasTwin(value))) return 'kept';
    graph.setTwin(outputOf(node), onTwins(node, graph, twins(), ''));
    return 'beside';
  }
  return replaced(node, graph, onTwins(node, graph, twins(), ''));
}

const GIVES_BOOLEANS: ReadonlySet<string> = new Set(['Greater', 'Less', 'Equal', 'And', 'Not']);
const READS_BOOLEANS: ReadonlySet<string> = new Set(['Cast', 'Where']);

/**
 * Dense and depthwise convolutions; the filter is laid out in blocks of output channels and, where they fill them, of
 * input channels.
 */
function convolution(node: NodeProto, graph: BlockedGraph): 'replaced' | 'kept' {
  const [x, w] = node.input as [string, string];
  const [input, kernel] = [graph.dims(x), graph.dims(w)];
  const { block } = graph;
  if (input?.length !== 4 || kernel?.length !== 4 || !graph.fills(outputOf(node))) return 'kept';
  const [filters, perGroup, ...taps] = kernel as [number, number, number, number];
  const group = intAttribute(node, 'group', 1);
  const isDepthwise = group > 1 && perGroup === 1 && filters === group && input[1] === group;
  // Fewer channels than a block holds are read as they are.
  const isNarrow = group === 1 && perGroup < block;
  if (!isDepthwise && !isNarrow && (group > 1 || perGroup % block !== 0)) return 'kept';
  const inputs = isDepthwise || isNarrow ? [perGroup, 1] : [perGroup / block, block];
  const split = graph.reshape(w, [filters / block, block, ...inputs, ...taps]);
  const filter = graph.reshape(graph.add('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] }), kernel);
  const source = isNarrow ? x : graph.twin(x);
  return replaced(node, graph, onTwins(node, graph, [source, filter, ...node.input.slice(2)]));
}

function onTwins(node: NodeProto, graph: BlockedGraph, inputs: string[], domain = BLOCKED_DOMAIN): string {
  const output = graph.add(node.opType, inputs, {}, domain);
  elementOf(graph.nodes, graph.nodes.length - 1, 'nodes').attribute = node.attribute;
  return output;
}

function replaced(node: NodeProto, graph: BlockedGraph, twin: string): 'replaced' {
  graph.setTwin(outputOf(node), twin);
  graph.leave(outputOf(node));
  return 'replaced';
}

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
