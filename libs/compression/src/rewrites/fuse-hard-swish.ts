import { Float, floatAttribute, hasAttribute, makeNode, type Graph, type NodeProto, outputOf } from '#onnx';
import { besideScalar, isFloatValue, isReadOnce, isScalar, onlyReader } from './match.js';

/**
 * Spells hard-swish, which exporters take apart, in two operators instead of four, so that fewer passes over the tensor
 * remain between two int8 kernels:
 *
 *     Add(X, 3) -> Clip(0, 6) -> Mul(X) -> Div(6)   becomes   HardSigmoid(X, alpha = 1/6, beta = 1/2) -> Mul(X)
 *
 * The last two may stand in either order, and the Div may be a Mul by 1/6. Returns how many were fused.
 */
export function fuseHardSwish(graph: Graph): number {
  return [...graph.nodes].filter((node) => node.opType === 'Clip' && fuse(graph, node)).length;
}

function fuse(graph: Graph, clip: NodeProto): boolean {
  const add = graph.producer(clip.input[0] ?? '');
  if (!isRelu6(graph, clip) || add?.opType !== 'Add' || !isReadOnce(graph, add)) return false;
  const input = besideScalar(graph, add, 3);
  if (input === null || !isFloatValue(graph, input)) return false;
  const tail = findTail(graph, clip, input);
  if (!tail) return false;
  const output = outputOf(tail.at(-1)!);
  const gate = graph.freshName(`${output}_gate`);
  const place = tail.at(-1)!;
  const sixth = { alpha: new Float(1 / 6), beta: new Float(0.5) };
  const gateName = graph.freshName(`${output}_HardSigmoid`);
  graph.addNode(makeNode('HardSigmoid', [input], [gate], sixth, { name: gateName }), { before: place });
  const swish = graph.freshName(`${output}_swish`);
  const name = graph.freshName(`${output}_Mul`);
  const product = graph.addNode(makeNode('Mul', [input, gate], [swish], {}, { name }), { before: place });
  for (const node of [...tail].reverse()) graph.removeNode(node);
  graph.removeNode(clip);
  graph.removeNode(add);
  graph.setOutput(product, 0, output);
  return true;
}

/** The product by X and the division by 6 behind the Clip, in either order. */
function findTail(graph: Graph, clip: NodeProto, input: string): [NodeProto, NodeProto] | null {
  const first = onlyReader(graph, clip);
  const second = first && onlyReader(graph, first);
  if (!first || !second) return null;
  const isProduct = (node: NodeProto, previous: NodeProto) =>
    node.opType === 'Mul' && node.input.includes(input) && node.input.includes(outputOf(previous));
  const isSixth = (node: NodeProto, previous: NodeProto) => dividesBySix(graph, node, outputOf(previous));
  if (isProduct(first, clip) && isSixth(second, first)) return [first, second];
  return isSixth(first, clip) && isProduct(second, first) ? [first, second] : null;
}

function dividesBySix(graph: Graph, node: NodeProto, value: string): boolean {
  if (node.opType === 'Div') return node.input[0] === value && isScalar(graph, node.input[1] ?? '', 6);
  return node.opType === 'Mul' && besideScalar(graph, node, 1 / 6) === value;
}

function isRelu6(graph: Graph, clip: NodeProto): boolean {
  if (hasAttribute(clip, 'max'))
    return floatAttribute(clip, 'min', NaN) === 0 && floatAttribute(clip, 'max', NaN) === 6;
  return isScalar(graph, clip.input[1] ?? '', 0) && isScalar(graph, clip.input[2] ?? '', 6);
}
