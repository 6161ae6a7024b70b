import type { Graph } from '#onnx';

const given = new WeakMap<Graph, number>();

/**
 * A fresh name of a few letters for a value that nobody asks for by name: at 4 bits, long ones take as much of a small
 * net as its biases.
 */
export function shortName(graph: Graph): string {
  const count = given.get(graph) ?? 0;
  given.set(graph, count + 1);
  return graph.freshName(`q${count.toString(36)}`);
}
