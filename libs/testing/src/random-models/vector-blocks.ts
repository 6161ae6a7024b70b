import { activate, type ImageBlock } from './image-blocks.js';
import { linear } from './token-blocks.js';
import type { NetFeature, RandomNet } from './random-net.js';
import { split } from './spelling.js';

export function gemm(net: RandomNet, { value, dims: [from = 1] }: NetFeature, to: number): NetFeature {
  const transB = net.dice.int(0, 1);
  const weight = net.weight(transB ? [to, from] : [from, to], from);
  const drawn = () => (net.dice.chance(0.9) ? net.bias(to) : net.weight([1, to], 16));
  const bias = net.dice.chance(0.8) || net.opset < 11 ? [drawn()] : [];
  return { value: net.op('Gemm', [value, weight, ...bias], transB ? { transB } : {}), dims: [to] };
}

const WIDTHS = [8, 12, 16, 24];

/** Blocks of vectors [E]. */
export const VECTOR_BLOCKS: Record<string, { fits?: (x: NetFeature) => boolean; write: ImageBlock }> = {
  gemm: { write: (net, x) => gemm(net, x, net.dice.pick(WIDTHS)) },
  'gemm and activation': { write: (net, x) => activated(net, gemm(net, x, net.dice.pick(WIDTHS))) },
  linear: { write: (net, x) => linear(net, x, net.dice.pick(WIDTHS)) },
  'linear and activation': { write: (net, x) => activated(net, linear(net, x, net.dice.pick(WIDTHS))) },
  residual: {
    write: (net, x) => ({
      value: net.op('Add', [gemm(net, activated(net, gemm(net, x, 16)), x.dims[0]!).value, x.value]),
      dims: x.dims,
    }),
  },
  norm: {
    write: (net, { value, dims }) => ({
      value: net.op('BatchNormalization', [
        value,
        net.positive(dims),
        net.bias(dims[0]!),
        net.bias(dims[0]!),
        net.positive(dims),
      ]),
      dims,
    }),
  },
  gate: {
    fits: ({ dims }) => dims[0]! % 2 === 0,
    write(net, { value, dims: [width = 2] }) {
      const [left, right] = split(net, value, 1, [width / 2, width / 2]) as [string, string];
      const opened = net.op('Sigmoid', [right]);
      return { value: net.op('Mul', [left, opened]), dims: [width / 2] };
    },
  },
  scale: { write: (net, { value, dims }) => ({ value: net.op('Mul', [value, net.positive(dims)]), dims }) },
  'one number': {
    write: (net, { value, dims }) => ({
      value: net.op('Add', [net.op('Mul', [value, net.scalar(net.dice.pick([2, 0.1, 100]))]), net.scalar(0.5)]),
      dims,
    }),
  },
  'weights too small for halves': {
    write(net, x) {
      const [width] = x.dims as [number];
      const values = Float32Array.from({ length: 8 * width }, () => net.dice.normal(1e-8));
      const product = net.op('MatMul', [x.value, net.builder.float(values, [width, 8])]);
      return { value: net.op('Mul', [product, net.scalar(1e8)]), dims: [8] };
    },
  },
  'columns of far scales': {
    write(net, x) {
      const [width] = x.dims as [number];
      const scales = Float32Array.from({ length: 8 }, (_, i) => (i === 0 ? 1e6 : 1));
      const drawn = (i: number) => net.dice.normal(0.3) * scales[i % 8]!;
      const values = Float32Array.from({ length: 8 * width }, (_, i) => drawn(i));
      const product = net.op('MatMul', [x.value, net.builder.float(values, [width, 8])]);
      const inverse = scales.map((scale) => 1 / scale);
      return { value: net.op('Mul', [product, net.builder.float(inverse, [8])]), dims: [8] };
    },
  },
  'products of pairs': {
    write: (net, x) =>
      net.opset >= 12
        ? {
            value: net.op('Einsum', [x.value, net.weight([x.dims[0]!, 8], x.dims[0]!)], { equation: 'nc,cd->nd' }),
            dims: [8],
          }
        : gemm(net, x, 8),
  },
  'the greatest': {
    write(net, { value, dims }) {
      const inputs = net.opset >= 10 ? [value, net.ints([Math.min(4, dims[0]!)])] : [value];
      const [greatest] = net.builder.ops('TopK', 2, inputs, {
        axis: -1,
        ...(net.opset < 10 ? { k: Math.min(4, dims[0]!) } : {}),
      });
      return { value: greatest!, dims: [Math.min(4, dims[0]!)] };
    },
  },
  'one to one and back': { write: (net, x) => gemm(net, gemm(net, x, 1), 8) },
};

function activated(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  return { value: activate(net, value), dims };
}
