import { type Graph, type NodeProto, outputOf } from '#onnx';

/** The layer that each node and value name of a graph stands for; null where it stands for none. */
export type KernelOwners = ReadonlyMap<string, string | null>;

/** Tells which of the named layers each node of a graph belongs to. Nodes must have names. */
export function kernelOwners(graph: Graph, layers: ReadonlySet<string>): KernelOwners {
  const owners = new Map<string, string | null>();
  const claim = (node: NodeProto, layer: string) => {
    for (const name of [node.name, node.output[0] ?? '']) if (name !== '' && !owners.get(name)) owners.set(name, layer);
  };
  const chosen = graph.nodes.filter(({ name }) => layers.has(name));
  for (const layer of chosen)
    for (let node: NodeProto | undefined = layer; node; node = follower(graph, node, layers)) claim(node, layer.name);
  for (const layer of chosen) for (const node of suppliers(graph, layer)) claim(node, layer.name);
  for (const { name } of graph.nodes) if (!owners.has(name)) owners.set(name, null);
  return owners;
}

/**
 * The layer that a kernel belongs to, by its name: the runtime puts words before and behind the name of one of the
 * nodes that it fused, as in `fused conv1_nchwc` or `fc1/MatMulAddFusion`.
 */
export function ownerOf(kernel: string, owners: KernelOwners): string | null {
  for (
    let name = kernel.replace(/^fused /, '');
    name !== '';
    name = name.slice(0, Math.max(0, name.lastIndexOf('/'), name.lastIndexOf('_')))
  ) {
    const owner = owners.get(name);
    if (owner !== undefined) return owner;
  }
  return null;
}

/** The node that alone reads a node's output, unless it is a layer of its own or joins another branch. */
function follower(graph: Graph, node: NodeProto, layers: ReadonlySet<string>): NodeProto | undefined {
  const readers = new Set(graph.consumers(outputOf(node)).map((use) => use.node));
  const [next] = readers;
  if (readers.size !== 1 || !next || layers.has(next.name)) return undefined;
  return next.input.filter((value) => value !== '' && !graph.initializer(value)).length === 1 ? next : undefined;
}

/**
 * What is computed for a layer alone: from stored tensors, its weight and bias; ahead of it, the rounding of what it
 * reads.
 */
function suppliers(graph: Graph, layer: NodeProto): NodeProto[] {
  const nodes = layer.input.slice(1).flatMap((value) => constantPart(graph, value));
  for (
    let node = graph.producer(layer.input[0] ?? '');
    node && isRounding(node);
    node = graph.producer(node.input[0] ?? '')
  )
    nodes.push(node);
  return nodes;
}

function constantPart(graph: Graph, value: string): NodeProto[] {
  const nodes = new Set<NodeProto>();
  for (const behind = [value]; behind.length > 0;) {
    const node = graph.producer(behind.pop()!);
    if (!node || nodes.has(node)) continue;
    nodes.add(node);
    behind.push(...node.input.filter((name) => name !== ''));
  }
  const readsInput = (node: NodeProto) => node.input.some((name) => graph.isInput(name));
  return [...nodes].some(readsInput) ? [] : [...nodes];
}

const isRounding = ({ opType }: NodeProto) => opType === 'QuantizeLinear' || opType === 'DequantizeLinear';
