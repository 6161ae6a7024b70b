import { intAttribute, type Graph } from '#onnx';

/** What the Softmax over the last axis reads that gives the output; the output itself when there is none. */
export function logitsBehind(graph: Graph, output: string): string {
  const node = graph.producer(output);
  const isLast = node?.opType === 'Softmax' && [-1, 1].includes(intAttribute(node, 'axis', -1));
  return isLast ? node.input[0]! : output;
}
