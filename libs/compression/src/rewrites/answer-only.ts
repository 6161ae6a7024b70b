import type { Graph, GraphBuilder } from '#onnx';

/**
 * Writes what was built behind a graph and leaves its outputs as the only ones: the graph answers a question about its
 * values, and nothing else is computed.
 */
export function answerOnly(graph: Graph, question: GraphBuilder): void {
  const addition = question.build().graph!;
  graph.proto.input.push(...addition.input);
  for (const tensor of addition.initializer) graph.addInitializer(tensor);
  for (const node of addition.node) graph.addNode(node);
  graph.proto.output = addition.output;
  graph.removeDeadCode();
}
