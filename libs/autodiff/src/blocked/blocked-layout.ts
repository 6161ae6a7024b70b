import { type NodeProto, outputOf, inputOf } from '#onnx';
import { BlockedGraph, type BlockedRequest } from './blocked-graph.js';
import { BLOCKED_RULES } from './blocked-rules.js';
import { BLOCKED_DOMAIN } from '../gradient-builder.js';

/**
 * Moves the convolutions of a finished graph into the runtime's blocked layout, and with them what lies between: sums,
 * activations and their masks, pools. One convolution there costs half to two thirds of a standard one; ORT does the
 * same to graphs whose weights are constants. The values of the graph keep their names and, up to rounding, their
 * contents; what nobody reads any more is left in it.
 */
export function useBlockedLayout(request: BlockedRequest): void {
  const { builder } = request;
  const graph = new BlockedGraph(request);
  for (const node of builder.nodes) {
    if (laidOut(node, graph) !== 'replaced') graph.keep(node);
  }
  builder.nodes.length = 0;
  for (const node of graph.nodes) builder.append(node);
}

function laidOut(node: NodeProto, graph: BlockedGraph): 'replaced' | 'beside' | 'kept' {
  if (node.domain === BLOCKED_DOMAIN) return reordered(node, graph);
  return (node.domain === '' && BLOCKED_RULES[node.opType]?.(node, graph)) || 'kept';
}

/**
 * What a rule wrote in blocks is a twin of what it made of it; where it asked for blocks it gets the twin, if the
 * channels fill them.
 */
function reordered(node: NodeProto, graph: BlockedGraph): 'replaced' | 'kept' {
  if (node.opType === 'ReorderOutput') graph.setTwin(outputOf(node), inputOf(node, 0));
  if (node.opType !== 'ReorderInput' || !graph.fills(inputOf(node, 0))) return 'kept';
  graph.alias(outputOf(node), graph.twin(inputOf(node, 0)));
  return 'replaced';
}
