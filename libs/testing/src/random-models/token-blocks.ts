import { activate, type ImageBlock } from './image-blocks.js';
import type { NetFeature, RandomNet } from './random-net.js';
import { spelledReduction, softmax } from './spelling.js';

/** x · W + b over the last axis. */
export function linear(net: RandomNet, { value, dims }: NetFeature, to: number): NetFeature {
  const from = dims.at(-1)!;
  const product = net.op('MatMul', [value, net.weight([from, to], from)]);
  return {
    value: net.dice.chance(0.8)
      ? net.op('Add', net.dice.chance(0.5) ? [product, net.bias(to)] : [net.bias(to), product])
      : product,
    dims: [...dims.slice(0, -1), to],
  };
}

function layerNorm(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  const width = dims.at(-1)!;
  if (net.opset >= 17 && net.dice.chance(0.7))
    return { value: net.op('LayerNormalization', [value, net.positive([width]), net.bias(width)], { axis: -1 }), dims };
  const centred = net.op('Sub', [value, spelledReduction(net, 'ReduceMean', value, [-1], 1)]);
  const variance = spelledReduction(net, 'ReduceMean', net.op('Pow', [centred, net.scalar(2)]), [-1], 1);
  const normed = net.op('Div', [centred, net.op('Sqrt', [net.op('Add', [variance, net.scalar(1e-5)])])]);
  return { value: net.op('Add', [net.op('Mul', [normed, net.positive([width])]), net.bias(width)]), dims };
}

/** Attention of two heads, merged by a constant shape or by one that the graph computes. */
const attention: ImageBlock = (net, x) => {
  const [tokens, width] = x.dims as [number, number];
  const heads = (feature: NetFeature, perm: number[]) =>
    net.op('Transpose', [net.op('Reshape', [feature.value, net.ints(net.batched([tokens, 2, width / 2]))])], { perm });
  const [query, key, value] = [linear(net, x, width), linear(net, x, width), linear(net, x, width)];
  const scores = net.op('Div', [
    net.op('MatMul', [heads(query, [0, 2, 1, 3]), heads(key, [0, 2, 3, 1])]),
    net.scalar(Math.sqrt(width / 2)),
  ]);
  const mixed = net.op('Transpose', [net.op('MatMul', [softmax(net, scores, 4), heads(value, [0, 2, 1, 3])])], {
    perm: [0, 2, 1, 3],
  });
  const merged = {
    value: net.op('Reshape', [
      mixed,
      net.dice.chance(0.5) ? net.ints(net.batched([tokens, width])) : computedShape(net, x),
    ]),
    dims: x.dims,
  };
  return { value: net.op('Add', [x.value, linear(net, merged, width).value]), dims: x.dims };
};

/** Shape(x) entry by entry, as `reshape(B, T, C)` was exported. */
function computedShape(net: RandomNet, { value, dims }: NetFeature): string {
  if (net.opset < 10) return net.op('Shape', [value]);
  const shape = net.op('Shape', [value]);
  return net.op(
    'Concat',
    [0, ...dims.map((_, axis) => axis + 1)].map((axis) => net.op('Gather', [shape, net.ints([axis])])),
    { axis: 0 },
  );
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
      const scores = net.op('MatMul', [x.value, net.op('Transpose', [x.value], { perm: [0, 2, 1] })]);
      const mask = net.builder.float(
        Float32Array.from({ length: tokens ** 2 }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -Infinity : 0)),
        [tokens, tokens],
      );
      return {
        value: net.op('MatMul', [
          softmax(net, net.op('Add', [net.op('Mul', [scores, net.scalar(0.1)]), mask]), 3),
          x.value,
        ]),
        dims: x.dims,
      };
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
      return {
        value: net.op('Reshape', [
          net.op('Transpose', [y], { perm: [2, 0, 1, 3] }),
          net.ints(net.batched([tokens, hidden])),
        ]),
        dims: [tokens, hidden],
      };
    },
  },
};

function activated(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  return { value: activate(net, value), dims };
}
