import { MAX_MODEL_BYTES, modelTooLarge } from '#contracts';

/**
 * How much of an untrusted model is accepted: each limit far above the largest edge model known and far below what
 * would exhaust a stage process. Raise one for a trusted source: `readModel(bytes, { limits: { nodes: 1e6 } })`.
 */
export interface ModelLimits {
  /** Bytes of the model as one file, with the weights that lie outside of it. */
  modelBytes: number;
  /** Bytes of one tensor, also when they lie outside the file. */
  tensorBytes: number;
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
  modelBytes: MAX_MODEL_BYTES,
  tensorBytes: 2 ** 31,
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

/** What each limit counts, and what becomes of a model that passes it. */
const WORDS: Readonly<Record<Exclude<keyof ModelLimits, 'modelBytes'>, readonly [counted: string, wayOut: string]>> = {
  tensorBytes: ['bytes in one tensor', 'divide it, as into layers of fewer channels'],
  tensorElements: ['elements in one tensor or value', 'divide it, as into layers of fewer channels'],
  rank: ['dimensions in one tensor', 'reshape it to fewer'],
  nodes: ['nodes', 'simplify it, as with onnxsim, or export its parts as models of their own'],
  graphValues: ['values in one graph', 'simplify it, as with onnxsim, or export its parts as models of their own'],
  nodeValues: ['inputs and outputs at one node', 'divide the node into several'],
  nodeAttributes: ['attributes at one node', 'leave out those that its operator does not know'],
  nestingDepth: ['bodies of If, Loop and Scan within one another', 'export it with fewer'],
  messageDepth: ['messages within one another', 'no exporter writes such a file: save it anew'],
  nameLength: ['characters in one name', 'shorten it'],
};

/** What is said of a model that passes a limit. */
export function limitWords(limit: keyof ModelLimits, got: number, allowed: number, what = 'the model'): string {
  if (limit === 'modelBytes') return modelTooLarge(got, allowed, what);
  const [counted, wayOut] = WORDS[limit];
  return `${what} has ${got} ${counted}, ${allowed} are allowed: ${wayOut}`;
}
