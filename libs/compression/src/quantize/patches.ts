import { GraphBuilder, intAttribute, intsAttribute, stringAttribute, tensorDims, type Attributes, type Graph, type NodeProto } from '#onnx';
import type { Layer } from './layers.js';

/** How a layer multiplies: each of `groups` blocks of weights takes input vectors of `size` components to `columns` outputs. */
export interface ProductShape {
  groups: number;
  size: number;
  columns: number;
}

/** The shape of a layer's product; null where its vectors do not lie along the last axis, as under transA. */
export function productShape(graph: Graph, { node, weight, axis }: Layer): ProductShape | null {
  if (intAttribute(node, 'transA', 0) !== 0) return null;
  const dims = tensorDims(graph.initializer(weight)!);
  const groups = node.opType === 'Conv' ? intAttribute(node, 'group', 1) : 1;
  const size = dims.reduce((product, dim, i) => (i === axis ? product : product * dim), 1);
  return { groups, size, columns: dims[axis]! / groups };
}

/**
 * Writes the vectors that a layer's weights multiply, as rows [n, groups · size] of `input`. A convolution's are its patches: im2col
 * as a depthwise convolution with one output channel per element of the window.
 */
export function inputRows(b: GraphBuilder, graph: Graph, { node, weight }: Layer, input: string, { groups, size }: ProductShape): string {
  const shape = b.ints([-1, groups * size]);
  if (node.opType !== 'Conv') return b.op('Reshape', [input, shape]);
  const [, perGroup, ...kernel] = tensorDims(graph.initializer(weight)!) as [number, number, ...number[]];
  const channels = groups * perGroup;
  const window = size / perGroup;
  const taps = Float32Array.from({ length: channels * window * window }, (_, i) => Number(i % window === Math.floor(i / window) % window));
  const columns = b.op('Conv', [input, b.float(taps, [channels * window, 1, ...kernel])], windowAttributes(node, kernel.length, channels));
  const channelsLast = [0, ...kernel.map((_, i) => i + 2), 1];
  return b.op('Reshape', [b.op('Transpose', [columns], { perm: channelsLast }), shape]);
}

function windowAttributes(node: NodeProto, spatial: number, group: number): Attributes {
  const ones = Array<number>(spatial).fill(1);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  return {
    group,
    strides: intsAttribute(node, 'strides', ones),
    dilations: intsAttribute(node, 'dilations', ones),
    ...(autoPad === 'NOTSET' ? { pads: intsAttribute(node, 'pads', Array<number>(2 * spatial).fill(0)) } : { auto_pad: autoPad }),
  };
}
