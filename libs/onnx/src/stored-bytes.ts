import type { TypeBytes } from '#contracts';
import { dataTypeBits, typeName } from './data-type.js';
import type { Graph } from './graph.js';
import type { ModelProto, NodeProto, TensorProto } from './proto.js';
import { allTensors, nodeTensors, storedBytes } from './tensors.js';

/** Nodes that turn stored numbers into those that a layer computes with: their tensors are the layer's. */
const CONVERTING: ReadonlySet<string> = new Set(['QuantizeLinear', 'DequantizeLinear', 'Cast']);

/** Bytes of the tensors of a model by element type, those of the most bytes first. */
export function bytesByType(model: ModelProto): TypeBytes[] {
  const found = new Map<string, TypeBytes>();
  for (const tensor of allTensors(model)) {
    const type = typeName(tensor.dataType);
    const row = found.get(type) ?? { type, tensors: 0, bytes: 0 };
    found.set(type, row);
    row.tensors += 1;
    row.bytes += bytesOf(tensor);
  }
  return [...found.values()].toSorted((a, b) => b.bytes - a.bytes);
}

/**
 * Bytes of the tensors that each node of the main graph computes with, also by way of what converts or computes them
 * from constants, and of those in its bodies; a tensor counts for the first node that reads it. What only makes such
 * values is left out.
 */
export function bytesByNode(graph: Graph): Map<NodeProto, number> {
  return new NodeWalk(graph).bytes();
}

class NodeWalk {
  private readonly constants: ReadonlySet<string>;
  private readonly outputs: ReadonlySet<string>;
  private readonly counted = new Set<TensorProto | NodeProto>();

  constructor(private readonly graph: Graph) {
    this.constants = constantValues(graph);
    this.outputs = new Set(graph.outputs.map(({ name }) => name));
  }

  bytes(): Map<NodeProto, number> {
    const layers = this.graph.nodes.filter((node) => !this.isPreparing(node));
    const sumOf = (tensors: readonly TensorProto[]) => tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    return new Map(layers.map((node) => [node, sumOf(this.tensorsOf(node))]));
  }

  /** Whether a node only makes what a layer behind it computes with. */
  private isPreparing(node: NodeProto): boolean {
    const converts = node.domain === '' && CONVERTING.has(node.opType);
    if (node.output.some((value) => this.outputs.has(value))) return false;
    return converts || node.output.some((value) => this.constants.has(value));
  }

  /** Tensors of a node that no layer has counted yet, its own and those behind its inputs. */
  private tensorsOf(node: NodeProto): TensorProto[] {
    const found: TensorProto[] = [];
    const pending: NodeProto[] = [node];
    const take = (tensor: TensorProto) => {
      if (this.counted.has(tensor)) return;
      this.counted.add(tensor);
      found.push(tensor);
    };
    for (let at = pending.pop(); at; at = pending.pop()) {
      if (this.counted.has(at)) continue;
      this.counted.add(at);
      for (const tensor of nodeTensors(at)) take(tensor);
      for (const value of at.input) {
        const tensor = this.graph.initializer(value);
        if (tensor) take(tensor);
        const producer = this.graph.producer(value);
        if (producer && this.isPreparing(producer)) pending.push(producer);
      }
    }
    return found;
  }
}

/** Values that follow from stored numbers alone. */
function constantValues(graph: Graph): Set<string> {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const found = new Set(graph.proto.initializer.map(({ name }) => name).filter((name) => !inputs.has(name)));
  for (const node of graph.nodes) {
    const isOpen = node.attribute.some(({ g }) => g !== undefined);
    if (!isOpen && node.input.every((value) => value === '' || found.has(value)))
      for (const value of node.output) found.add(value);
  }
  return found;
}

function bytesOf(tensor: TensorProto): number {
  const bits = dataTypeBits(tensor.dataType);
  if (bits === undefined) return storedBytes(tensor);
  return Math.ceil((tensor.dims.reduce((count, dim) => count * Number(dim), 1) * bits) / 8);
}
