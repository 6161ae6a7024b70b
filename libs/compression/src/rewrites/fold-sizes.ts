import { constantSizes, inferFrom, sizeTensor, type Graph, type NodeProto, type Shape, type SizeValue } from '#onnx';

/**
 * Puts sizes in as constants that a graph computes though they never change, so that what reads them can be understood
 * without a run:
 *
 *     Shape(X [N, 64, H, W]) -> Gather(1) -> Div(2) -> n,  Slice(X, 0, n)   becomes   Slice(X, 0, 32)
 *
 * Without `shapes` those count that are the same for every batch and every length of a free dimension; with the shapes
 * of all values, observed on batches that will all be alike, every size does. Constants must be initializers. Returns
 * how many were put in.
 */
export function foldSizes(graph: Graph, shapes?: ReadonlyMap<string, Shape>): number {
  const sizes = shapes ? inferFrom(graph, shapes).sizes : constantSizes(graph);
  const isFolded = (value: string) => sizes.has(value) && !graph.isOutput(value);
  const isComputed = (node: NodeProto) => !isFolded(node.output[0] ?? '');
  const isRead = (value: string) => graph.consumers(value).some(({ node, index }) => index >= 0 && isComputed(node));
  const wanted = [...sizes].filter(([value]) => isFolded(value) && isRead(value));
  for (const [value, size] of wanted) replaceBySize(graph, value, size);
  if (wanted.length > 0) graph.removeDeadCode();
  return wanted.length;
}

function replaceBySize(graph: Graph, value: string, size: SizeValue): void {
  const tensor = graph.addInitializer(sizeTensor(graph.freshName(`${value}_folded`), size));
  graph.replaceUses(value, tensor.name);
}
