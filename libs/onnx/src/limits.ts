/**
 * What a model file may hold. A file from a user is hostile until parsed; each limit is far above the largest edge model
 * known and far below what would exhaust a stage process.
 */
export interface ModelLimits {
  /** Bytes of the protobuf file; protobuf itself cannot represent more than 2 GiB. */
  modelBytes: number;
  /** Bytes of one tensor, also when they lie outside the file. */
  tensorBytes: number;
  /** Bytes of all external data of a model together. */
  externalBytes: number;
  /** Elements of one tensor. */
  tensorElements: number;
  /** Dimensions of one tensor; the runtime's kernels stop far below. */
  rank: number;
  /** Nodes over all graphs and functions. */
  nodes: number;
  /** Values of one graph. */
  graphValues: number;
  /** Inputs and outputs of one node: a Concat of many parts has the most. */
  nodeValues: number;
  /** Attributes of one node. */
  nodeAttributes: number;
  /** If, Loop and Scan bodies within one another. */
  nestingDepth: number;
  /** Characters of one name. */
  nameLength: number;
}

export const MODEL_LIMITS: Readonly<ModelLimits> = {
  modelBytes: 2 ** 31 - 1,
  tensorBytes: 2 ** 31,
  externalBytes: 2 ** 33,
  tensorElements: 2 ** 31,
  rank: 16,
  nodes: 100_000,
  graphValues: 500_000,
  nodeValues: 4096,
  nodeAttributes: 256,
  nestingDepth: 16,
  nameLength: 4096,
};
