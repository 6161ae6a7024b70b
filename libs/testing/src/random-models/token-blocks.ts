import { activate, type ImageBlock } from './image-blocks.js';
import type { NetFeature, RandomNet } from './random-net.js';
import { spelledReduction, softmax } from './spelling.js';

/** x · W + b over the last axis. */
export function linear(net: RandomNet, { value, dims }: NetFeature, to: number): NetFeature {
  const from = dims.at(-1)!;
  const product = net.op('MatMul', [value, net.weight([from, to], from)]);
  const sum = () => net.op('Add', net.dice.chance(0.5) ? [product, net.bias(to)] : [net.bias(to), product]);
  return { value: net.dice.chance(0.8) ? sum() : product, dims: [...dims.slice(0, -1), to] };
}

function layerNorm(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  const width = dims.at(-1)!;
  if (net.opset >= 17 && net.dice.chance(0.7)) {
    const inputs = [value, net.positive([width]), net.bias(width)];
    return { value: net.op('LayerNormalization', inputs, { axis: -1 }), dims };
  }
  const centred = net.op('Sub', [value, spelledReduction(net, 'ReduceMean', value, [-1], 1)]);
  const squares = net.op('Pow', [centred, net.scalar(2)]);
  const variance = spelledReduction(net, 'ReduceMean', squares, [-1], 1);
  const deviation = net.op('Sqrt', [net.op('Add', [variance, net.scalar(1e-5)])]);
  const normed = net.op('Div', [centred, deviation]);
  const scaled = net.op('Mul', [normed, net.positive([width])]);
  return { value: net.op('Add', [scaled, net.bias(width)]), dims };
}

/** Attention of two heads, merged by a constant shape or by one that the graph computes. */
const attention: ImageBlock = (net, x) => {
  const [tokens, width] = x.dims as [number, number];
  const heads = (feature: NetFeature, perm: number[]) => {
    const apart = net.ints(net.batched([tokens, 2, width / 2]));
    return net.op('Transpose', [net.op('Reshape', [feature.value, apart])], { perm });
  };
  const [query, key, value] = [linear(net, x, width), linear(net, x, width), linear(net, x, width)];
  const products = net.op('MatMul', [heads(query, [0, 2, 1, 3]), heads(key, [0, 2, 3, 1])]);
  const scores = net.op('Div', [products, net.scalar(Math.sqrt(width / 2))]);
  const read = net.op('MatMul', [softmax(net, scores, 4), heads(value, [0, 2, 1, 3])]);
  const mixed = net.op('Transpose', [read], { perm: [0, 2, 1, 3] });
  const shape = net.dice.chance(0.5) ? net.ints(net.batched([tokens, width])) : computedShape(net, x);
  const merged = { value: net.op('Reshape', [mixed, shape]), dims: x.dims };
  const projected = linear(net, merged, width);
  return { value: net.op('Add', [x.value, projected.value]), dims: x.dims };
};

/** Shape(x) entry by entry, as `reshape(B, T, C)` was exported. */
function computedShape(net: RandomNet, { value, dims }: NetFeature): string {
  if (net.opset < 10) return net.op('Shape', [value]);
  const shape = net.op('Shape', [value]);
  const axes = [0, ...dims.map((_, axis) => axis + 1)];
  const extents = axes.map((axis) => net.op('Gather', [shape, net.ints([axis])]));
  return net.op('Concat', extents, { axis: 0 });
}

/** Blocks of tokens [T, E]. */
export const TOKEN_BLOCKS: Record<string, { fits?: (x: NetFeature) => boolean; write: ImageBlock }> = {
  linear: { write: (net, x) => linear(net, x, net.dice.pick([8, 12, 16])) },
  'linear and activation': { write: (net, x) => activated(net, linear(net, x, net.dice.pick([8, 12, 16]))) },
  'feed forward': {
    write: (net, x) => ({
      value: net.op('Add', [x.value, linear(net, activated(net, linear(net, x, 16)), x.dims[1]!).value]),
      dims: x.dims,
    }),
  },
  norm: { write: layerNorm },
  attention: { fits: ({ dims }) => dims[1]! % 2 === 0, write: attention },
  positions: { write: (net, { value, dims }) => ({ value: net.op('Add', [value, net.weight(dims, 8)]), dims }) },
  'mask of minus infinity': {
    write(net, x) {
      const [tokens] = x.dims as [number];
      const turned = net.op('Transpose', [x.value], { perm: [0, 2, 1] });
      const scores = net.op('MatMul', [x.value, turned]);
      const isAhead = (i: number) => i % tokens > Math.floor(i / tokens);
      const hidden = Float32Array.from({ length: tokens ** 2 }, (_, i) => (isAhead(i) ? -Infinity : 0));
      const mask = net.builder.float(hidden, [tokens, tokens]);
      const small = net.op('Mul', [scores, net.scalar(0.1)]);
      const weights = softmax(net, net.op('Add', [small, mask]), 3);
      return { value: net.op('MatMul', [weights, x.value]), dims: x.dims };
    },
  },
  recurrent: {
    write(net, { value, dims: [tokens = 1, width = 1] }) {
      const hidden = net.dice.pick([4, 8]);
      const [opType, gates] = net.dice.pick([
        ['LSTM', 4],
        ['GRU', 3],
      ] as const);
      const sequence = net.op('Transpose', [value], { perm: [1, 0, 2] });
      const inputs = [
        sequence,
        net.weight([1, gates * hidden, width], width),
        net.weight([1, gates * hidden, hidden], hidden),
        net.weight([1, 2 * gates * hidden], 16),
      ];
      const y = net.op(opType, inputs, { hidden_size: hidden });
      const stepsSecond = net.op('Transpose', [y], { perm: [2, 0, 1, 3] });
      const dims = [tokens, hidden];
      return { value: net.op('Reshape', [stepsSecond, net.ints(net.batched(dims))]), dims };
    },
  },
};

function activated(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  return { value: activate(net, value), dims };
}
