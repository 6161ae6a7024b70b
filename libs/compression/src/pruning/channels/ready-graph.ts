import { DataType, Graph, type ModelProto, type NodeProto } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { foldConstants } from '../../rewrites/fold-constants.js';
import { foldSizes } from '../../rewrites/fold-sizes.js';

/**
 * A graph whose constants and sizes are stored, as pruning reads them, and whose weights are where they are computed from
 * tensors that nothing else reads: tied ones stay tied.
 */
export async function readyGraph(model: ModelProto): Promise<Graph> {
  const graph = new Graph(model);
  liftConstants(graph);
  await foldConstants(graph, (value) => isReadOnceThroughout(graph, value));
  foldSizes(graph);
  return graph;
}

/**
 * Whether a value has one reader, and all that it is computed from serves nothing else: tensors may be read several times
 * on the way, as those of a recurrent layer are that an exporter cuts into gates and joins in another order.
 */
function isReadOnceThroughout(graph: Graph, value: string): boolean {
  if (graph.initializer(value)?.dataType === DataType.INT64) return true;
  if (graph.consumers(value).length > 1 || graph.isOutput(value)) return false;
  const behind = nodesBehind(graph, value);
  const isOwn = (input: string) =>
    graph.initializer(input)?.dataType === DataType.INT64 ||
    (!graph.isOutput(input) && graph.consumers(input).every(({ node }) => behind.has(node)));
  return [...behind].every(({ input }) => input.every((name) => name === '' || isOwn(name)));
}

/** The nodes that a value is computed by. */
function nodesBehind(graph: Graph, value: string): Set<NodeProto> {
  const nodes = new Set<NodeProto>();
  const values = [value];
  for (let next = values.pop(); next !== undefined; next = values.pop()) {
    const node = graph.producer(next);
    if (!node || nodes.has(node)) continue;
    nodes.add(node);
    values.push(...node.input);
  }
  return nodes;
}
