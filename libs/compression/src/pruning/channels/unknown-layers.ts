import { constantTensor, isSameEveryRun, subgraphs, tensorDims, weightStorage, type Graph } from '#onnx';
import { isOwnOperator, ownOperatorReason } from '../../untouched-layers.js';
import type { BlockedChannels } from './blocked.js';
import { ruleOf } from './rules/index.js';

/**
 * Nodes that hold weights and whose operator pruning does not know, such as Einsum, or fused ones of the runtime:
 * what they hold stays. What only makes a constant, such as a mask that is written piece by piece, is no layer.
 */
export function unknownLayers(graph: Graph): BlockedChannels[] {
  return graph.nodes.flatMap((node) => {
    const isKnown = ruleOf(node) !== undefined || node.opType === 'Constant' || subgraphs(node).length > 0;
    const isConstant = node.input.every((value) => value === '' || isSameEveryRun(graph, value));
    if (
      isKnown ||
      isConstant ||
      !node.input.some((value) => isMatrix(graph, value) || (isOwnOperator(node) && isStored(graph, value)))
    )
      return [];
    return [
      {
        node,
        reason: isOwnOperator(node) ? ownOperatorReason(node) : `its weights stay: there is no rule for ${node.opType}`,
      },
    ];
  });
}

function isMatrix(graph: Graph, value: string): boolean {
  return isLong(weightStorage(graph, value)?.dims ?? []);
}

/** The runtime's own operators hold weights in forms of their own, integers among them. */
function isStored(graph: Graph, value: string): boolean {
  const tensor = value === '' ? undefined : constantTensor(graph, value);
  return tensor !== undefined && isLong(tensorDims(tensor));
}

function isLong(dims: readonly number[]): boolean {
  return dims.filter((dim) => dim > 1).length > 1;
}
