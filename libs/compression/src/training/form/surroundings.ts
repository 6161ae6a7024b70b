import { isSameEveryRun, constantTensor, intAttribute, tensorDims, type Graph, type NodeProto } from '#onnx';

/** Operators that lay data out, change its type or scale it. */
const PREPARING: ReadonlySet<string> = new Set([
  'Cast',
  'Transpose',
  'Reshape',
  'Flatten',
  'Unsqueeze',
  'Squeeze',
  'Slice',
  'Split',
  'Pad',
  'Resize',
  'Concat',
  'Identity',
  'Clip',
  'Expand',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
]);

/** Operators that only lay out what a layer gives. */
const LAYING_OUT: ReadonlySet<string> = new Set([
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Identity',
]);

/** Whether a value is the model's input, made ready at most: no layer lies in front of it. */
export function isRawInput(graph: Graph, value: string): boolean {
  if (graph.isInput(value)) return true;
  const node = graph.producer(value);
  if (!node || !PREPARING.has(node.opType)) return false;
  const computed = node.input.filter((input) => input !== '' && !isSameEveryRun(graph, input));
  return computed.length > 0 && computed.every((input) => isRawInput(graph, input));
}

/** Whether a value comes from a layer with a single output channel. */
export function isLayerOfOne(graph: Graph, value: string): boolean {
  const node = graph.producer(value);
  if (!node) return false;
  if (LAYING_OUT.has(node.opType)) return isLayerOfOne(graph, node.input[0]!);
  return channelsOut(graph, node) === 1;
}

function channelsOut(graph: Graph, node: NodeProto): number | undefined {
  const kernel = constantTensor(graph, node.input[1] ?? '');
  const dims = kernel && tensorDims(kernel);
  switch (node.opType) {
    case 'MatMul':
      return dims?.at(-1);
    case 'Gemm':
      return dims?.[intAttribute(node, 'transB', 0) === 0 ? 1 : 0];
    case 'Conv':
      return dims?.[0];
    case 'ConvTranspose':
      return dims && dims[1]! * intAttribute(node, 'group', 1);
    default:
      return undefined;
  }
}
