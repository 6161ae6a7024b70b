import { UnsupportedModelError, type Graph } from '#onnx';

/** Throws UnsupportedModelError unless the model's opset is at least `needed`. */
export function requireOpset(graph: Graph, needed: number, what: string): void {
  const found = graph.opset();
  if (found < needed) throw new UnsupportedModelError(`${what} needs opset ${needed}, the model has ${found}`, `export it again with opset ${needed} or newer`);
}
