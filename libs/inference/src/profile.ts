import { elementOf } from '#onnx';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProfileError } from './errors.js';
import { Session, type SessionOptions } from './session.js';
import type { HostTensors } from './tensor.js';

export interface ProfileOptions extends Omit<SessionOptions, 'profilePrefix'> {
  /** Runs that count, after `warmup` runs that do not. */
  runs?: number;
  warmup?: number;
}

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

/** A node's kernel in ORT's Chrome trace. */
interface KernelEvent {
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

/**
 * Where the time of one inference goes, node by node in order of execution, measured by the runtime itself. Profiling
 * slows small nodes down: compare shares, and take latencies without it.
 */
export async function profileModel(
  model: Uint8Array | string,
  feeds: HostTensors,
  options: ProfileOptions = {},
): Promise<NodeProfile[]> {
  const { runs = 10, warmup = 2, ...settings } = options;
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-profile-'));
  try {
    const session = await Session.create(model, { ...settings, profilePrefix: join(folder, 'profile') });
    try {
      for (let run = 0; run < runs + warmup; run++) await session.run(feeds);
    } finally {
      await session.release();
    }
    return summarize(await readTrace(folder), runs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ORT names the file itself, from the prefix and the time. */
async function readTrace(folder: string): Promise<KernelEvent[]> {
  const [file] = await readdir(folder);
  if (!file) throw new ProfileError('onnxruntime wrote no profile');
  return parseTrace(await readFile(join(folder, file), 'utf8'));
}

/** The kernels of a trace, in the order in which they ran. Throws ProfileError for text that is no trace. */
export function parseTrace(text: string): KernelEvent[] {
  if (!text.startsWith('[')) throw new ProfileError('the profile of onnxruntime is not a list of events');
  return text.split(EVENT_START).flatMap((event): KernelEvent[] => {
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
 * Node indices name a node within a graph; nodes of If and Loop bodies are inside the time of the node that holds them.
 */
function summarize(kernels: readonly KernelEvent[], runs: number): NodeProfile[] {
  const nodes = new Map<string, Omit<NodeProfile, 'meanUs' | 'share'>>();
  for (const { name, us, nodeIndex, opType, provider } of kernels) {
    const key = `${nodeIndex}:${name}`;
    const node = nodes.get(key) ?? { name, opType, provider, samplesUs: [] };
    node.samplesUs.push(us);
    nodes.set(key, node);
  }
  const profiles = [...nodes.values()].map((node) => ({ ...node, samplesUs: node.samplesUs.slice(-runs) }));
  const means = profiles.map(({ samplesUs }) => samplesUs.reduce((sum, us) => sum + us, 0) / samplesUs.length);
  const total = means.reduce((sum, us) => sum + us, 0);
  return profiles.map((node, i) => ({
    ...node,
    meanUs: elementOf(means, i, 'means'),
    share: total > 0 ? elementOf(means, i, 'means') / total : 0,
  }));
}
