import { type Graph, type NodeProto, outputOf, inputOf } from '#onnx';

/**
 * Moves the Relu of a float convolution behind the pooling, where it has fewer elements to clamp and a following
 * QuantizeLinear takes it over; max and clamp commute, so the result is the same to the bit:
 *
 *     Conv -> Relu -> MaxPool -> Y   becomes   Conv -> MaxPool -> Relu -> Y
 *
 * Without it the runtime pulls the QuantizeLinear in front of the pooling, onto the large tensor. Returns whether it
 * did.
 */
export function poolBeforeRelu(graph: Graph, conv: NodeProto): boolean {
  const found = reluThenPool(graph, conv);
  if (!found) return false;
  const { relu, pool } = found;
  const output = outputOf(pool);
  const pooled = graph.freshName(`${output}_pooled`);
  graph.removeNode(relu);
  graph.setInput(pool, 0, inputOf(relu, 0));
  graph.setOutput(pool, 0, pooled);
  relu.input[0] = pooled;
  relu.output[0] = output;
  graph.addNode(relu, { after: pool });
  return true;
}

/** The Relu and MaxPool that alone read a convolution's output one after the other, or null. */
export function reluThenPool(graph: Graph, conv: NodeProto): { relu: NodeProto; pool: NodeProto } | null {
  const relu = onlyReader(graph, outputOf(conv));
  const pool = relu?.opType === 'Relu' ? onlyReader(graph, outputOf(relu)) : undefined;
  return relu && pool?.opType === 'MaxPool' && pool.output.length === 1 ? { relu, pool } : null;
}

function onlyReader(graph: Graph, value: string): NodeProto | undefined {
  const uses = graph.consumers(value);
  const [use] = uses;
  return use && uses.length === 1 && use.index === 0 && !graph.isOutput(value) ? use.node : undefined;
}
