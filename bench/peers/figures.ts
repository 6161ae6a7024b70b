import { combinedSnrDb, OutputComparison } from '#evaluation';
import { Session, type HostTensors } from '#inference';
import {
  constantTensor,
  countMacs,
  Graph,
  intAttribute,
  nodeLabel,
  makeValueInfo,
  readModel,
  tensorDims,
  DataType,
  type NodeProto,
} from '#onnx';
import { median, round } from '../harness.js';

const ROUNDS = 20;
/** Elements from which a tensor is worth a line. */
const LARGE = 512;

/** Signal to noise of the outputs, dB. */
export async function snrOf(float: Uint8Array, changed: Uint8Array, feeds: readonly HostTensors[]): Promise<number> {
  const [exact, other] = await Promise.all([Session.create(float), Session.create(changed)]);
  const comparison = new OutputComparison();
  for (const inputs of feeds) comparison.add(await other.run(inputs), await exact.run(inputs));
  await Promise.all([exact.release(), other.release()]);
  return round(combinedSnrDb(comparison.qualities()) ?? Infinity);
}

/** How many times as fast as float, by time of the processor, one thread, both in turn. */
export async function speedOf(float: Uint8Array, changed: Uint8Array, feeds: HostTensors): Promise<number> {
  const sessions = await Promise.all([float, changed].map((bytes) => Session.create(bytes, { threads: 1 })));
  const times: number[][] = sessions.map(() => []);
  for (let i = 0; i < ROUNDS + 2; i++) {
    for (const [which, session] of sessions.entries()) {
      const before = process.cpuUsage();
      await session.run(feeds);
      const { user, system } = process.cpuUsage(before);
      if (i >= 2) times[which]?.push(user + system);
    }
  }
  await Promise.all(sessions.map((session) => session.release()));
  return round(median(times[0] ?? []) / median(times[1] ?? []), 3);
}

/** Multiply-accumulates left on an input of these dimensions; null where a model has none that can be counted. */
export function macsLeft(before: Uint8Array, after: Uint8Array, feeds: HostTensors): number | null {
  const [from, to] = [before, after].map((bytes) => countMacs(fixed(bytes, feeds)));
  return from && to ? round(to / from) : null;
}

/** The model with the dimensions of its inputs written out. */
function fixed(bytes: Uint8Array, feeds: HostTensors): Graph {
  const model = readModel(bytes);
  const inputs = model.graph?.input ?? [];
  for (const [i, { name }] of inputs.entries()) {
    const dims = feeds[name]?.dims;
    if (dims) inputs[i] = makeValueInfo(name, DataType.FLOAT, dims);
  }
  return new Graph(model);
}

/** Nodes that read a large matrix of floats and of which nobody said so. */
export function floatsLeft(model: Uint8Array, told: ReadonlySet<string>): number {
  const graph = new Graph(readModel(model));
  const isLarge = (name: string) => {
    const tensor = graph.initializer(name);
    if (tensor?.dataType !== DataType.FLOAT || tensor.dims.length < 2) return false;
    return tensorDims(tensor).reduce((product, dim) => product * dim, 1) >= LARGE;
  };
  return graph.nodes.filter((node) => node.input.some(isLarge) && !told.has(nodeLabel(node))).length;
}

/** Layers that give as many channels as before and of which nobody said so. */
export function layersWhole(before: Uint8Array, after: Uint8Array, told: ReadonlySet<string>): number {
  const [from, to] = [new Graph(readModel(before)), new Graph(readModel(after))];
  const sizes = new Map(to.nodes.map((node) => [nodeLabel(node), channelsOf(to, node)]));
  const layers = from.nodes.filter((node) => channelsOf(from, node) !== null);
  return layers.filter((node) => {
    const label = nodeLabel(node);
    return sizes.get(label) === channelsOf(from, node) && !told.has(label);
  }).length;
}

/** Where a layer's weight has its output channels, from the end where that is negative. */
function channelAxis(node: NodeProto): number | null {
  if (node.opType === 'Gemm') return intAttribute(node, 'transB', 0) === 1 ? 0 : 1;
  return { Conv: 0, ConvTranspose: 1, MatMul: -1 }[node.opType] ?? null;
}

function channelsOf(graph: Graph, node: NodeProto): number | null {
  const axis = channelAxis(node);
  const tensor = axis === null ? undefined : constantTensor(graph, node.input[1] ?? '');
  return tensor && axis !== null ? (tensorDims(tensor).at(axis) ?? null) : null;
}
