import { DataType, Graph, type ModelProto } from '#onnx';
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

/** Whether a value, and all that it is computed from, has one reader. */
function isReadOnceThroughout(graph: Graph, value: string): boolean {
  if (value === '' || graph.initializer(value)?.dataType === DataType.INT64) return true;
  if (graph.consumers(value).length > 1 || graph.isOutput(value)) return false;
  return graph.producer(value)?.input.every((input) => isReadOnceThroughout(graph, input)) ?? true;
}
