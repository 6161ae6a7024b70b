import {
  intAttribute,
  intsAttribute,
  makeNode,
  outputOf,
  tensorDims,
  tensorToNumbers,
  type Graph,
  type NodeProto,
} from '#onnx';

/**
 * Writes means over both sides of a picture as the pooling that the runtime has an integer kernel for:
 *
 *     ReduceMean(X, axes = 2, 3; keepdims = 1) -> Conv   becomes   GlobalAveragePool(X) -> Conv
 *
 * The convolution behind it says that there are two sides: of more axes these would be a part.
 */
export function poolMeans(graph: Graph): void {
  for (const node of [...graph.nodes]) if (isMeanOfPictures(graph, node)) pool(graph, node);
}

function pool(graph: Graph, node: NodeProto): void {
  const { opType, domain, attribute } = makeNode('GlobalAveragePool', [], []);
  Object.assign(node, { opType, domain, attribute });
  for (let index = node.input.length - 1; index > 0; index--) graph.setInput(node, index, '');
  node.input.length = 1;
}

function isMeanOfPictures(graph: Graph, node: NodeProto): boolean {
  if (node.opType !== 'ReduceMean' || node.domain !== '' || intAttribute(node, 'keepdims', 1) !== 1) return false;
  const axes = axesOf(graph, node).map((axis) => (axis < 0 ? axis + 4 : axis));
  if (axes.toSorted().join() !== '2,3') return false;
  return graph.consumers(outputOf(node)).some((use) => use.index === 0 && isPictureConv(graph, use.node));
}

function axesOf(graph: Graph, node: NodeProto): readonly number[] {
  const tensor = graph.initializer(node.input[1] ?? '');
  return tensor ? tensorToNumbers(tensor) : intsAttribute(node, 'axes');
}

function isPictureConv(graph: Graph, { opType, input }: NodeProto): boolean {
  const weight = opType === 'Conv' ? graph.initializer(input[1] ?? '') : undefined;
  return weight !== undefined && tensorDims(weight).length === 4;
}
