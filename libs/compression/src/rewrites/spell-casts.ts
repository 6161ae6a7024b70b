import { elementTypeOf, makeAttribute, type Graph } from '#onnx';

/** Writes CastLike(x, y) as the Cast to the type of y that it is, which gradients have a rule for. In place. */
export function spellCasts(graph: Graph): void {
  for (const node of graph.nodes) {
    if (node.opType !== 'CastLike' || node.domain !== '') continue;
    const type = elementTypeOf([graph.proto], node.input[1] ?? '');
    graph.setInput(node, 1, '');
    node.opType = 'Cast';
    node.attribute = [makeAttribute('to', type)];
  }
}
