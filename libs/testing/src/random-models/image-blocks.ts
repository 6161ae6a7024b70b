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
  const inputs = [
    value,
    net.weight([to, from / group, kernel, kernel], (from / group) * kernel ** 2),
    ...(net.dice.chance(0.7) ? [net.bias(to)] : []),
  ];
  const attributes = {
    group,
    pads: [border, border, border, border],
    ...(stride > 1 ? { strides: [stride, stride] } : {}),
    ...(net.dice.chance(0.5) ? { kernel_shape: [kernel, kernel] } : {}),
  };
  return {
    value: net.op('Conv', inputs, attributes),
    dims: [to, Math.ceil(height / stride), Math.ceil(width / stride)],
  };
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
  return {
    value: net.op('BatchNormalization', [
      value,
      net.positive([channels]),
      net.bias(channels),
      net.bias(channels),
      net.positive([channels]),
    ]),
    dims,
  };
}

function pool(net: RandomNet, { value, dims: [channels = 1, height = 1, width = 1] }: NetFeature): NetFeature {
  const opType = net.dice.pick(['MaxPool', 'MaxPool', 'AveragePool']);
  return {
    value: net.op(opType, [value], { kernel_shape: [2, 2], strides: [2, 2] }),
    dims: [channels, Math.floor(height / 2), Math.floor(width / 2)],
  };
}

const channelsOf = (dice: Dice) => dice.pick(WIDTHS);

/** Two halves of the channels: by a Split, by constant Slices, or by sizes that the graph computes from its own shapes, as torch's chunk was exported. */
function halves(net: RandomNet, { value, dims: [channels = 2] }: NetFeature): [string, string] {
  const half = channels / 2;
  if (net.dice.chance(0.4)) return split(net, value, 1, [half, half]) as [string, string];
  if (net.opset < 10 || net.dice.chance(0.4))
    return [
      spelledSlice(net, value, 1, 0, half),
      spelledSlice(net, value, 1, half, net.dice.chance(0.5) ? channels : 2 ** 31 - 1),
    ];
  const length = net.op('Gather', [net.op('Shape', [value]), net.ints([1])]);
  const size = net.op('Div', [net.op('Add', [length, net.ints([1])]), net.ints([2])]);
  const from = (times: number) => net.op('Mul', [size, net.ints([times])]);
  const part = (start: number) => net.op('Slice', [value, from(start), from(start + 1), net.ints([1])]);
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
      const inner = conv(net, activated(net, conv(net, x, channelsOf(net.dice))), x.dims[0]!);
      return { value: net.op(net.dice.pick(['Add', 'Add', 'Sub']), [x.value, inner.value]), dims: x.dims };
    },
  },
  concatenation: {
    write(net, x) {
      const parts = [
        conv(net, x, channelsOf(net.dice)),
        net.dice.chance(0.5) ? x : activated(net, conv(net, x, channelsOf(net.dice), { kernel: 1 })),
      ];
      return {
        value: net.op(
          'Concat',
          parts.map(({ value }) => value),
          { axis: 1 },
        ),
        dims: [parts[0]!.dims[0]! + parts[1]!.dims[0]!, ...x.dims.slice(1)],
      };
    },
  },
  'two paths of one weight': {
    write(net, x) {
      const [channels] = x.dims as [number];
      const to = channelsOf(net.dice);
      const [weight, bias] = [net.weight([to, channels, 1, 1], channels), net.bias(to)];
      const path = (value: string) => net.op('Conv', [value, weight, bias]);
      return {
        value: net.op('Add', [
          path(x.value),
          path(net.op('Mul', [x.value, net.scalar(net.dice.pick([0.5, 1e-3, 20]))])),
        ]),
        dims: [to, ...x.dims.slice(1)],
      };
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
      const apart = net.op('Reshape', [value, net.ints(net.batched([2, channels / 2, height, width]))]);
      const turned = net.op('Transpose', [apart], { perm: [0, 2, 1, 3, 4] });
      return {
        value: net.op('Reshape', [turned, net.ints(net.batched([channels, height, width]))]),
        dims: [channels, height, width],
      };
    },
  },
  'squeeze and excite': {
    write(net, x) {
      const squeezed = { value: net.op('GlobalAveragePool', [x.value]), dims: [x.dims[0]!, 1, 1] };
      const gate = conv(net, { ...conv(net, squeezed, 4, { kernel: 1 }) }, x.dims[0]!, { kernel: 1 });
      return { value: net.op('Mul', [x.value, net.op('Sigmoid', [gate.value])]), dims: x.dims };
    },
  },
  pad: {
    write(net, { value, dims: [channels = 1, height = 1, width = 1] }) {
      const mode = height >= 2 && width >= 2 ? net.dice.pick(['constant', 'reflect', 'edge']) : 'constant';
      return { value: pad(net, value, [0, 0, 1, 1, 0, 0, 1, 1], mode), dims: [channels, height + 2, width + 2] };
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
      const product = net.op('Add', [
        net.op('MatMul', [last, net.weight([channels, channels], channels)]),
        net.bias(channels),
      ]);
      return { value: net.op('Transpose', [activate(net, product)], { perm: [0, 3, 1, 2] }), dims };
    },
  },
  'transposed convolution': {
    fits: ({ dims }) => dims[1]! <= 4,
    write(net, { value, dims: [from = 1, height = 1, width = 1] }) {
      const to = channelsOf(net.dice);
      const inputs = [value, net.weight([from, to, 2, 2], from * 4), ...(net.dice.chance(0.5) ? [net.bias(to)] : [])];
      return {
        value: net.op('ConvTranspose', inputs, { strides: [2, 2], kernel_shape: [2, 2] }),
        dims: [to, 2 * height, 2 * width],
      };
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
      const product = net.op('Transpose', [net.op('MatMul', [turned, net.weight([channels, channels], channels)])], {
        perm: [0, 3, 1, 2],
      });
      return { value: net.op('Concat', [x.value, product], { axis: 3 }), dims: x.dims };
    },
  },
  'dead units': {
    write(net, x) {
      const dead = net.op('Relu', [net.op('Sub', [net.op('Tanh', [conv(net, x, 8).value]), net.scalar(2)])]);
      return activated(net, conv(net, { value: dead, dims: [8, ...x.dims.slice(1)] }, 8, { kernel: 1 }));
    },
  },
  'a row of the picture': {
    fits: isLarge,
    write(net, { value, dims: [channels = 1, height = 1, width = 1] }) {
      const rows = net.op('Reshape', [value, net.ints(net.batched([channels, height * width]))]);
      const to = channelsOf(net.dice);
      const done = net.op(
        'Conv',
        [rows, net.weight([to, channels, 3], channels * 3), ...(net.dice.chance(0.5) ? [net.bias(to)] : [])],
        { pads: [1, 1] },
      );
      return {
        value: net.op('Reshape', [done, net.ints(net.batched([to, height, width]))]),
        dims: [to, height, width],
      };
    },
  },
  dropout: { write: (net, { value, dims }) => ({ value: dropout(net, value), dims }) },
};

function activated(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  return { value: activate(net, value), dims };
}
