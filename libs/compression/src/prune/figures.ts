import { dataTypeBits, elementCount, type Graph, type NodeProto } from '#onnx';
import type { Shapes } from './coordinates.js';

/** What a graph costs at given shapes. */
export interface Figures {
  /** Multiply-accumulates of one run of its layers on the observed input. */
  macs: number;
  /** Bytes of its stored tensors. */
  bytes: number;
  parameters: number;
}

/** MACs of one node given all shapes; the layers that dominate every edge net, 0 for the rest. */
const MACS: Record<string, (dims: (index: number) => readonly number[], y: readonly number[]) => number> = {
  Conv: (dims, y) => elementCount(y) * elementCount(dims(1).slice(1)),
  ConvInteger: (dims, y) => elementCount(y) * elementCount(dims(1).slice(1)),
  QLinearConv: (dims, y) => elementCount(y) * elementCount(dims(3).slice(1)),
  ConvTranspose: (dims) => elementCount(dims(0)) * elementCount(dims(1).slice(1)),
  Gemm: (dims, y) => elementCount(y) * (elementCount(dims(1)) / y[1]!),
  MatMul: (dims, y) => elementCount(y) * (dims(0).at(-1) ?? 1),
  MatMulInteger: (dims, y) => elementCount(y) * (dims(0).at(-1) ?? 1),
  MatMulNBits: (dims, y) => elementCount(y) * (dims(0).at(-1) ?? 1),
};

/** Multiply-accumulates of one node at given shapes, 0 for all but the layers. */
export function macsOf(node: NodeProto, of: (value: string) => readonly number[]): number {
  const count = MACS[node.opType];
  return count ? count((index) => of(node.input[index] ?? ''), of(node.output[0] ?? '')) : 0;
}

/** MACs, bytes and parameters that a graph has, or would have, at the given shapes. */
export function figuresOf(graph: Graph, shapes: Shapes): Figures {
  const of = (value: string) => shapes.get(value) ?? [];
  const macs = graph.nodes.reduce((sum, node) => sum + macsOf(node, of), 0);
  let [bytes, parameters] = [0, 0];
  for (const tensor of graph.proto.initializer) {
    const elements = elementCount(of(tensor.name));
    parameters += elements;
    bytes += Math.ceil((elements * (dataTypeBits(tensor.dataType) ?? 8)) / 8);
  }
  return { macs, bytes, parameters };
}
