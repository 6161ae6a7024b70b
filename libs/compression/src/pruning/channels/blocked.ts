import type { NodeProto } from '#onnx';

/** A node whose channels cannot go, and why. */
export interface BlockedChannels {
  node: NodeProto;
  reason: string;
}
