import {
  GraphBuilder,
  intAttribute,
  intsAttribute,
  stringAttribute,
  tensorDims,
  type Attributes,
  type Graph,
  type NodeProto,
  dimOf,
} from '#onnx';
import type { Layer } from './layers.js';

/**
 * How a layer multiplies: each of `groups` blocks of weights takes input vectors of `size` components to `columns`
 * outputs.
 */
export interface ProductShape {
  groups: number;
  size: number;
  columns: number;
}

/** The shape of a layer's product; null where its vectors do not lie along the last axis, as under transA. */
export function productShape(graph: Graph, { node, weight, axis }: Layer): ProductShape | null {
  if (intAttribute(node, 'transA', 0) !== 0) return null;
  const dims = tensorDims(graph.tensor(weight));
  const groups = node.opType === 'Conv' ? intAttribute(node, 'group', 1) : 1;
  const size = dims.reduce((product, dim, i) => (i === axis ? product : product * dim), 1);
  return { groups, size, columns: dimOf(dims, axis) / groups };
}

/**
 * Writes the vectors that a layer's weights multiply, as rows [n, groups · size] of `input`. A convolution's are its
 * patches.
 */
export function inputRows(b: GraphBuilder, graph: Graph, layer: Layer, input: string, product: ProductShape): string {
  const shape = b.ints([-1, product.groups * product.size]);
  if (layer.node.opType !== 'Conv') return b.op('Reshape', [input, shape]);
  const spatial = tensorDims(graph.tensor(layer.weight)).length - 2;
  const channelsLast = [0, ...Array.from({ length: spatial }, (_, i) => i + 2), 1];
  const taken = patches(b, graph, layer, input, product);
  return b.op('Reshape', [b.op('Transpose', [taken], { perm: channelsLast }), shape]);
}

/** Fewer rows than {@link inputRows} with the same mean: a convolution has one per sample. */
export function meanRows(b: GraphBuilder, graph: Graph, layer: Layer, input: string, product: ProductShape): string {
  if (layer.node.opType !== 'Conv') return inputRows(b, graph, layer, input, product);
  return b.op('Reshape', [
    b.op('GlobalAveragePool', [patches(b, graph, layer, input, product)]),
    b.ints([-1, product.groups * product.size]),
  ]);
}

/**
 * im2col as a depthwise convolution with one output channel per element of the window: [n, groups · size,
 * ...positions].
 */
function patches(
  b: GraphBuilder,
  graph: Graph,
  { node, weight }: Layer,
  input: string,
  { groups, size }: ProductShape,
): string {
  const [, perGroup, ...kernel] = tensorDims(graph.tensor(weight)) as [number, number, ...number[]];
  const channels = groups * perGroup;
  const window = size / perGroup;
  const isTap = (i: number) => i % window === Math.floor(i / window) % window;
  const taps = Float32Array.from({ length: channels * window * window }, (_, i) => Number(isTap(i)));
  const selecting = b.float(taps, [channels * window, 1, ...kernel]);
  return b.op('Conv', [input, selecting], windowAttributes(node, kernel.length, channels));
}

function windowAttributes(node: NodeProto, spatial: number, group: number): Attributes {
  const ones = Array<number>(spatial).fill(1);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  return {
    group,
    strides: intsAttribute(node, 'strides', ones),
    dilations: intsAttribute(node, 'dilations', ones),
    ...(autoPad === 'NOTSET'
      ? { pads: intsAttribute(node, 'pads', Array<number>(2 * spatial).fill(0)) }
      : { auto_pad: autoPad }),
  };
}
