import type { Dice } from './dice.js';
import type { NetFeature, RandomNet } from './random-net.js';
import { clip, dropout, pad, spelledSlice, split, upsample } from './spelling.js';

export type ImageBlock = (net: RandomNet, x: NetFeature) => NetFeature;

/** Channel counts that a layer makes. */
const WIDTHS = [4, 6, 8, 8, 12, 16];

export function conv(
  net: RandomNet,
  { value, dims: [from = 1, height = 1, width = 1] }: NetFeature,
  to: number,
  { kernel = 3, group = 1, stride = 1 } = {},
): NetFeature {
  const border = (kernel - 1) / 2;
  const weight = net.weight([to, from / group, kernel, kernel], (from / group) * kernel ** 2);
  const inputs = [value, weight, ...(net.dice.chance(0.7) ? [net.bias(to)] : [])];
  const attributes = {
    group,
    pads: [border, border, border, border],
    ...(stride > 1 ? { strides: [stride, stride] } : {}),
    ...(net.dice.chance(0.5) ? { kernel_shape: [kernel, kernel] } : {}),
  };
  const size = [Math.ceil(height / stride), Math.ceil(width / stride)];
  return { value: net.op('Conv', inputs, attributes), dims: [to, ...size] };
}

/** An activation of any kind, of a value of any rank. */
export function activate(net: RandomNet, x: string): string {
  const kinds: ((value: string) => string)[] = [
    (value) => net.op('Relu', [value]),
    (value) => net.op('Relu', [value]),
    (value) => net.op('LeakyRelu', [value]),
    (value) => net.op('Sigmoid', [value]),
    (value) => net.op('Tanh', [value]),
    (value) => net.op('Elu', [value]),
    (value) => clip(net, value, 0, 6),
    (value) => net.op('Mul', [value, net.op('Sigmoid', [value])]),
    (value) => net.op('Mul', [value, net.op('HardSigmoid', [value])]),
    (value) =>
      net.op('Div', [net.op('Mul', [value, clip(net, net.op('Add', [value, net.scalar(3)]), 0, 6)]), net.scalar(6)]),
    (value) => (net.opset >= 14 ? net.op('HardSwish', [value]) : net.op('Softplus', [value])),
    (value) =>
      net.op('Mul', [
        net.op('Mul', [
          value,
          net.op('Add', [net.op('Erf', [net.op('Div', [value, net.scalar(Math.SQRT2)])]), net.scalar(1)]),
        ]),
        net.scalar(0.5),
      ]),
  ];
  return net.dice.pick(kinds)(x);
}

function batchNorm(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  const [channels = 1] = dims;
  const [scale, shift] = [net.positive([channels]), net.bias(channels)];
  const [mean, variance] = [net.bias(channels), net.positive([channels])];
  return { value: net.op('BatchNormalization', [value, scale, shift, mean, variance]), dims };
}

function pool(net: RandomNet, { value, dims: [channels = 1, height = 1, width = 1] }: NetFeature): NetFeature {
  const opType = net.dice.pick(['MaxPool', 'MaxPool', 'AveragePool']);
  const halved = [Math.floor(height / 2), Math.floor(width / 2)];
  const pooled = net.op(opType, [value], { kernel_shape: [2, 2], strides: [2, 2] });
  return { value: pooled, dims: [channels, ...halved] };
}

const channelsOf = (dice: Dice) => dice.pick(WIDTHS);

/**
 * Two halves of the channels: by a Split, by constant Slices, or by sizes that the graph computes from its own shapes,
 * as torch's chunk was exported.
 */
function halves(net: RandomNet, { value, dims: [channels = 2] }: NetFeature): [string, string] {
  const half = channels / 2;
  if (net.dice.chance(0.4)) return split(net, value, 1, [half, half]) as [string, string];
  if (net.opset < 10 || net.dice.chance(0.4))
    return [
      spelledSlice(net, value, 1, 0, half),
      spelledSlice(net, value, 1, half, net.dice.chance(0.5) ? channels : 2 ** 31 - 1),
    ];
  const length = net.op('Gather', [net.op('Shape', [value]), net.ints([1])]);
  const roundedUp = net.op('Add', [length, net.ints([1])]);
  const size = net.op('Div', [roundedUp, net.ints([2])]);
  const from = (times: number) => net.op('Mul', [size, net.ints([times])]);
  const part = (start: number) => {
    const [begin, end] = [from(start), from(start + 1)];
    return net.op('Slice', [value, begin, end, net.ints([1])]);
  };
  return [part(0), part(1)];
}

const isEven = ({ dims }: NetFeature) => dims[0]! % 2 === 0;
const isLarge = ({ dims }: NetFeature) => dims[1]! >= 4 && dims[2]! >= 4;

/** Blocks of images [C, H, W], and what they ask of one. */
export const IMAGE_BLOCKS: Record<string, { fits?: (x: NetFeature) => boolean; write: ImageBlock }> = {
  conv: {
    write: (net, x) =>
      conv(net, x, channelsOf(net.dice), {
        kernel: net.dice.pick([1, 3]),
        stride: isLarge(x) ? net.dice.pick([1, 1, 2]) : 1,
      }),
  },
  'conv and activation': { write: (net, x) => activated(net, conv(net, x, channelsOf(net.dice))) },
  'conv, norm, activation': { write: (net, x) => activated(net, batchNorm(net, conv(net, x, channelsOf(net.dice)))) },
  norm: { write: batchNorm },
  activation: { write: activated },
  pool: { fits: isLarge, write: pool },
  grouped: { fits: isEven, write: (net, x) => conv(net, x, net.dice.pick([4, 8, 12]), { group: 2 }) },
  depthwise: { write: (net, x) => conv(net, x, x.dims[0]!, { group: x.dims[0]! }) },
  residual: {
    write(net, x) {
      const middle = activated(net, conv(net, x, channelsOf(net.dice)));
      const inner = conv(net, middle, x.dims[0]!);
      const opType = net.dice.pick(['Add', 'Add', 'Sub']);
      return { value: net.op(opType, [x.value, inner.value]), dims: x.dims };
    },
  },
  concatenation: {
    write(net, x) {
      const left = conv(net, x, channelsOf(net.dice));
      const pointwise = () => activated(net, conv(net, x, channelsOf(net.dice), { kernel: 1 }));
      const right = net.dice.chance(0.5) ? x : pointwise();
      const joined = net.op('Concat', [left.value, right.value], { axis: 1 });
      return { value: joined, dims: [left.dims[0]! + right.dims[0]!, ...x.dims.slice(1)] };
    },
  },
  'two paths of one weight': {
    write(net, x) {
      const [channels] = x.dims as [number];
      const to = channelsOf(net.dice);
      const [weight, bias] = [net.weight([to, channels, 1, 1], channels), net.bias(to)];
      const path = (value: string) => net.op('Conv', [value, weight, bias]);
      const direct = path(x.value);
      const factor = net.scalar(net.dice.pick([0.5, 1e-3, 20]));
      const scaled = path(net.op('Mul', [x.value, factor]));
      return { value: net.op('Add', [direct, scaled]), dims: [to, ...x.dims.slice(1)] };
    },
  },
  'split and merge': {
    fits: isEven,
    write(net, x) {
      const [left, right] = halves(net, x);
      const half = { value: left, dims: [x.dims[0]! / 2, ...x.dims.slice(1)] };
      if (net.dice.chance(0.3)) return { value: net.op('Mul', [left, net.op('Sigmoid', [right])]), dims: half.dims };
      const done = activated(net, conv(net, half, half.dims[0]!));
      return { value: net.op('Concat', [done.value, right], { axis: 1 }), dims: x.dims };
    },
  },
  shuffle: {
    fits: isEven,
    write(net, { value, dims: [channels = 2, height = 1, width = 1] }) {
      const grouped = net.ints(net.batched([2, channels / 2, height, width]));
      const apart = net.op('Reshape', [value, grouped]);
      const turned = net.op('Transpose', [apart], { perm: [0, 2, 1, 3, 4] });
      const dims = [channels, height, width];
      return { value: net.op('Reshape', [turned, net.ints(net.batched(dims))]), dims };
    },
  },
  'squeeze and excite': {
    write(net, x) {
      const squeezed = { value: net.op('GlobalAveragePool', [x.value]), dims: [x.dims[0]!, 1, 1] };
      const reduced = conv(net, squeezed, 4, { kernel: 1 });
      const gate = conv(net, reduced, x.dims[0]!, { kernel: 1 });
      const opened = net.op('Sigmoid', [gate.value]);
      return { value: net.op('Mul', [x.value, opened]), dims: x.dims };
    },
  },
  pad: {
    write(net, { value, dims: [channels = 1, height = 1, width = 1] }) {
      const mode = height >= 2 && width >= 2 ? net.dice.pick(['constant', 'reflect', 'edge']) : 'constant';
      const padded = pad(net, value, [0, 0, 1, 1, 0, 0, 1, 1], mode);
      return { value: padded, dims: [channels, height + 2, width + 2] };
    },
  },
  upsample: {
    fits: ({ dims }) => dims[1]! <= 4,
    write: (net, { value, dims: [channels = 1, height = 1, width = 1] }) => ({
      value: upsample(net, value),
      dims: [channels, 2 * height, 2 * width],
    }),
  },
  'instance norm': {
    fits: isLarge,
    write: (net, { value, dims }) => ({
      value: net.op('InstanceNormalization', [value, net.positive([dims[0]!]), net.bias(dims[0]!)]),
      dims,
    }),
  },
  'channels last': {
    write(net, { value, dims }) {
      const [channels = 1] = dims;
      const last = net.op('Transpose', [value], { perm: [0, 2, 3, 1] });
      const mixed = net.op('MatMul', [last, net.weight([channels, channels], channels)]);
      const product = net.op('Add', [mixed, net.bias(channels)]);
      const active = activate(net, product);
      return { value: net.op('Transpose', [active], { perm: [0, 3, 1, 2] }), dims };
    },
  },
  'transposed convolution': {
    fits: ({ dims }) => dims[1]! <= 4,
    write(net, { value, dims: [from = 1, height = 1, width = 1] }) {
      const to = channelsOf(net.dice);
      const weight = net.weight([from, to, 2, 2], from * 4);
      const inputs = [value, weight, ...(net.dice.chance(0.5) ? [net.bias(to)] : [])];
      const larger = net.op('ConvTranspose', inputs, { strides: [2, 2], kernel_shape: [2, 2] });
      return { value: larger, dims: [to, 2 * height, 2 * width] };
    },
  },
  'scale and shift': {
    write: (net, { value, dims }) => ({
      value: net.op('Add', [
        net.op('Mul', [value, net.positive([dims[0]!, 1, 1])]),
        net.weight([1, dims[0]!, 1, 1], 4),
      ]),
      dims,
    }),
  },
  'parametric relu': {
    write: (net, { value, dims }) => ({ value: net.op('PRelu', [value, net.weight([dims[0]!, 1, 1], 4)]), dims }),
  },
  'pixel shuffle': {
    fits: ({ dims }) => dims[0]! % 4 === 0 && dims[1]! <= 4,
    write: (net, { value, dims: [channels = 4, height = 1, width = 1] }) => ({
      value: net.op('DepthToSpace', [value], { blocksize: 2 }),
      dims: [channels / 4, 2 * height, 2 * width],
    }),
  },
  'a path without elements': {
    fits: ({ dims }) => dims[2]! >= 2,
    write(net, x) {
      const [channels = 1] = x.dims;
      const nothing = spelledSlice(net, x.value, 3, 0, 0);
      const turned = net.op('Transpose', [nothing], { perm: [0, 2, 3, 1] });
      const mixed = net.op('MatMul', [turned, net.weight([channels, channels], channels)]);
      const product = net.op('Transpose', [mixed], { perm: [0, 3, 1, 2] });
      return { value: net.op('Concat', [x.value, product], { axis: 3 }), dims: x.dims };
    },
  },
  'dead units': {
    write(net, x) {
      const bounded = net.op('Tanh', [conv(net, x, 8).value]);
      const dead = net.op('Relu', [net.op('Sub', [bounded, net.scalar(2)])]);
      const dims = [8, ...x.dims.slice(1)];
      return activated(net, conv(net, { value: dead, dims }, 8, { kernel: 1 }));
    },
  },
  'a row of the picture': {
    fits: isLarge,
    write(net, { value, dims: [channels = 1, height = 1, width = 1] }) {
      const rows = net.op('Reshape', [value, net.ints(net.batched([channels, height * width]))]);
      const to = channelsOf(net.dice);
      const weight = net.weight([to, channels, 3], channels * 3);
      const inputs = [rows, weight, ...(net.dice.chance(0.5) ? [net.bias(to)] : [])];
      const done = net.op('Conv', inputs, { pads: [1, 1] });
      const dims = [to, height, width];
      return { value: net.op('Reshape', [done, net.ints(net.batched(dims))]), dims };
    },
  },
  dropout: { write: (net, { value, dims }) => ({ value: dropout(net, value), dims }) },
};

function activated(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  return { value: activate(net, value), dims };
}
