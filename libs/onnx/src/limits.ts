/**
 * How much of an untrusted model is accepted: each limit far above the largest edge model known and far below what
 * would exhaust a stage process. Raise one for a trusted source: `readModel(bytes, { limits: { nodes: 1e6 } })`.
 */
export interface ModelLimits {
  /** Bytes of the model file. Protobuf messages end at 2 GiB, and so do Node's file reads and onnxruntime's. */
  modelBytes: number;
  /** Bytes of one tensor, also when they lie outside the file. */
  tensorBytes: number;
  /** Bytes of all external data of a model together: they are read into memory. */
  externalBytes: number;
  /** Elements of one tensor or of one declared value: no typed array that we handle holds more. */
  tensorElements: number;
  /** Dimensions of one tensor; the runtime's kernels stop far below. */
  rank: number;
  /** Nodes over all graphs and functions. The largest edge networks have some ten thousand. */
  nodes: number;
  /** Values that one graph defines, initializers included. */
  graphValues: number;
  /** Inputs and outputs of one node: a Concat of many parts has the most. */
  nodeValues: number;
  /** Attributes of one node. The standard's richest operator has under 20. */
  nodeAttributes: number;
  /** If, Loop and Scan bodies within one another; 1 is the main graph. Exporters rarely go past 4. */
  nestingDepth: number;
  /** Messages within messages in the file, which bounds the parser's stack: about 4 per level of graphs. */
  messageDepth: number;
  /** Characters of one name. Exporters write module paths of some hundred characters. */
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
  nodeValues: 16_384,
  nodeAttributes: 256,
  nestingDepth: 16,
  messageDepth: 100,
  nameLength: 4096,
};
