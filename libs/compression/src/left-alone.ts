import type { Skipped } from '#contracts';
import { nodeLabel, type NodeProto } from '#onnx';

/** A node that a pass leaves alone, as its report names it. */
export function leftAlone(node: NodeProto, reason: string): Skipped {
  return { node: nodeLabel(node), opType: node.opType, reason };
}
