/** One node of the optimised graph: what the runtime made of the model's nodes, fused and renamed as it saw fit. */
export interface NodeProfile {
  name: string;
  opType: string;
  /** The execution provider that ran it; null where the trace does not say. */
  provider: string | null;
  /** Microseconds of each counted run. */
  samplesUs: number[];
  /** Mean over the runs, and its share of the time of all nodes. */
  meanUs: number;
  share: number;
}

/** A node's kernel in the Chrome trace that ONNX Runtime writes. */
export interface KernelEvent {
  name: string;
  us: number;
  nodeIndex: string;
  opType: string;
  provider: string | null;
}

/**
 * One event. ORT writes names as they are, quotes and line ends too, so that its file is no JSON where a name has any.
 */
const KERNEL_EVENT =
  /^\{"cat" : "Node",.*?"dur" :(?<us>\d+),.*?"name" :"(?<name>.*)_kernel_time","args" : \{(?<args>.*)/s;

const EVENT_START = /^(?=\{"cat" : ")/m;

/** The kernels of a trace, in the order in which they ran; none for text that is no trace. */
export function kernelsOf(trace: string): KernelEvent[] {
  return trace.split(EVENT_START).flatMap((event): KernelEvent[] => {
    const { us, name, args } = KERNEL_EVENT.exec(event)?.groups ?? {};
    if (name === undefined) return [];
    const [nodeIndex, opType] = [argument(args, 'node_index'), argument(args, 'op_name')];
    return [{ name, us: Number(us), nodeIndex, opType, provider: argument(args, 'provider') || null }];
  });
}

function argument(args: string | undefined, name: string): string {
  return new RegExp(`"${name}" : "([^"]*)"`).exec(args ?? '')?.[1] ?? '';
}

/**
 * What each node took, of the last `runs` runs. Node indices name a node within a graph; nodes of If and Loop bodies are
 * inside the time of the node that holds them.
 */
export function nodeProfiles(kernels: readonly KernelEvent[], runs: number): NodeProfile[] {
  const nodes = new Map<string, Omit<NodeProfile, 'meanUs' | 'share'>>();
  for (const { name, us, nodeIndex, opType, provider } of kernels) {
    const key = `${nodeIndex}:${name}`;
    const node = nodes.get(key) ?? { name, opType, provider, samplesUs: [] };
    node.samplesUs.push(us);
    nodes.set(key, node);
  }
  const profiles = [...nodes.values()].map((node) => {
    const samplesUs = node.samplesUs.slice(-runs);
    return { ...node, samplesUs, meanUs: sumOf(samplesUs) / samplesUs.length };
  });
  const total = sumOf(profiles.map(({ meanUs }) => meanUs));
  return profiles.map((node) => ({ ...node, share: total > 0 ? node.meanUs / total : 0 }));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
