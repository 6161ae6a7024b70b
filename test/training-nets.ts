import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';

const CLASSES = 10;

/**
 * Small nets of the families that people train, with every operator that is theirs; inputs have one sample's dims after
 * `n`.
 */
export const NETS: Record<string, { dims: number[]; build(): ModelProto }> = {
  'a VGG with batch norms': {
    dims: [3, 16, 16],
    build: () =>
      net([3, 16, 16], (n, x) => {
        for (const [from, to] of [
          [3, 8],
          [8, 16],
        ] as const)
          x = n.op('MaxPool', [n.op('Relu', [n.batchNorm(n.conv(x, from, to, 3), to)])], {
            kernel_shape: [2, 2],
            strides: [2, 2],
          });
        return n.classify(x, 16);
      }),
  },
  'a MobileNetV3 block: HardSwish, depthwise, squeeze and excite': {
    dims: [3, 16, 16],
    build: () =>
      net([3, 16, 16], (n, x) => {
        const stem = n.op('HardSwish', [n.conv(x, 3, 8, 3, { stride: 2 })]);
        const deep = n.op('HardSwish', [n.conv(n.op('HardSwish', [n.conv(stem, 8, 16, 1)]), 16, 16, 5, { group: 16 })]);
        const gate = n.op(
          'HardSigmoid',
          [n.conv(n.op('Relu', [n.conv(n.op('GlobalAveragePool', [deep]), 16, 8, 1)]), 8, 16, 1)],
          { alpha: 1 / 6 },
        );
        return n.classify(n.op('Add', [stem, n.conv(n.op('Mul', [deep, gate]), 16, 8, 1)]), 8);
      }),
  },
  'a vision transformer: patches, class token, attention': {
    dims: [3, 16, 16],
    build: () =>
      net([3, 16, 16], (n, x) => {
        const [width, heads, positions] = [16, 2, 17];
        const patches = n.op(
          'Transpose',
          [n.op('Reshape', [n.conv(x, 3, width, 4, { stride: 4, pad: 0 }), n.b.ints([0, width, 16])])],
          { perm: [0, 2, 1] },
        );
        const batch = n.op('Slice', [n.op('Shape', [x]), n.b.ints([0]), n.b.ints([1])]);
        const token = n.op('Expand', [
          n.weight([1, 1, width], width),
          n.op('Concat', [batch, n.b.ints([1, width])], { axis: 0 }),
        ]);
        let y = n.op('Add', [n.op('Concat', [token, patches], { axis: 1 }), n.weight([positions, width], width)]);
        const split = (value: string, perm: number[]) =>
          n.op('Transpose', [n.op('Reshape', [value, n.b.ints([0, positions, heads, width / heads])])], { perm });
        const normed = n.layerNorm(y, width);
        const [q, k, v] = [
          [0, 2, 1, 3],
          [0, 2, 3, 1],
          [0, 2, 1, 3],
        ].map((perm) => split(n.linear(normed, width, width), perm)) as [string, string, string];
        const scores = n.op('Softmax', [n.op('Div', [n.op('MatMul', [q, k]), n.b.float(Math.sqrt(width / heads))])]);
        y = n.op('Add', [
          y,
          n.linear(
            n.op('Reshape', [
              n.op('Transpose', [n.op('MatMul', [scores, v])], { perm: [0, 2, 1, 3] }),
              n.b.ints([0, positions, width]),
            ]),
            width,
            width,
          ),
        ]);
        y = n.op('Add', [y, n.linear(n.op('Gelu', [n.linear(n.layerNorm(y, width), width, 32)]), 32, width)]);
        return n.linear(n.op('Gather', [y, n.b.ints(0)], { axis: 1 }), width, CLASSES);
      }),
  },
  'an audio net: 1-D convolutions, instance norm': {
    dims: [2, 64],
    build: () =>
      net([2, 64], (n, x) => {
        const first = n.op('LeakyRelu', [n.instanceNorm(n.conv1d(x, 2, 8, 5, { stride: 2 }), 8)]);
        const second = n.op('Elu', [
          n.conv1d(n.op('MaxPool', [first], { kernel_shape: [2], strides: [2] }), 8, 12, 3, { dilation: 2 }),
        ]);
        return n.linear(n.op('ReduceMean', [second, n.b.ints([2])], { keepdims: 0 }), 12, CLASSES);
      }),
  },
  'a detector neck: transposed convolution, resize, concatenation': {
    dims: [3, 16, 16],
    build: () =>
      net([3, 16, 16], (n, x) => {
        const [fine] = [n.op('Softplus', [n.conv(x, 3, 8, 3, { stride: 2 })])];
        const coarse = n.op('Mish', [n.conv(fine, 8, 12, 3, { stride: 2 })]);
        const learned = n.op('ConvTranspose', [coarse, n.weight([12, 6, 2, 2], 12), n.zeros(6)], {
          kernel_shape: [2, 2],
          strides: [2, 2],
        });
        const resized = n.op('Resize', [coarse, '', n.b.float(Float32Array.of(1, 1, 2, 2))], {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        });
        return n.classify(
          n.op('PRelu', [
            n.conv(n.op('Concat', [fine, learned, resized], { axis: 1 }), 26, 8, 1),
            n.b.float(new Float32Array(8).fill(0.1), [8, 1, 1]),
          ]),
          8,
        );
      }),
  },
};

class Net {
  readonly b = new GraphBuilder('n');
  private readonly random = randomNumbers(3);

  op(opType: string, inputs: string[], attributes: Record<string, string | number | number[]> = {}): string {
    return this.b.op(opType, inputs, attributes);
  }

  weight(dims: number[], fanIn: number): string {
    const scale = Math.sqrt(6 / fanIn);
    return this.b.float(
      Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, () => (this.random() * 2 - 1) * scale),
      dims,
    );
  }

  zeros(size: number): string {
    return this.b.float(new Float32Array(size), [size]);
  }

  conv(
    x: string,
    from: number,
    to: number,
    kernel: number,
    { stride = 1, group = 1, pad = Math.floor(kernel / 2) } = {},
  ): string {
    return this.op(
      'Conv',
      [x, this.weight([to, from / group, kernel, kernel], (from / group) * kernel ** 2), this.zeros(to)],
      { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], group },
    );
  }

  conv1d(x: string, from: number, to: number, kernel: number, { stride = 1, dilation = 1 } = {}): string {
    return this.op('Conv', [x, this.weight([to, from, kernel], from * kernel), this.zeros(to)], {
      kernel_shape: [kernel],
      strides: [stride],
      dilations: [dilation],
    });
  }

  linear(x: string, from: number, to: number): string {
    return this.op('Add', [this.op('MatMul', [x, this.weight([from, to], from)]), this.zeros(to)]);
  }

  batchNorm(x: string, channels: number): string {
    return this.op('BatchNormalization', [
      x,
      this.ones(channels),
      this.zeros(channels),
      this.zeros(channels),
      this.ones(channels),
    ]);
  }

  layerNorm(x: string, width: number): string {
    return this.op('LayerNormalization', [x, this.ones(width), this.zeros(width)]);
  }

  instanceNorm(x: string, channels: number): string {
    return this.op('InstanceNormalization', [x, this.ones(channels), this.zeros(channels)]);
  }

  classify(x: string, channels: number): string {
    return this.linear(this.op('Flatten', [this.op('GlobalAveragePool', [x])]), channels, CLASSES);
  }

  private ones(size: number): string {
    return this.b.float(new Float32Array(size).fill(1), [size]);
  }
}

function net(dims: number[], build: (n: Net, x: string) => string): ModelProto {
  const n = new Net();
  n.b.output(build(n, n.b.input('x', ['n', ...dims])), ['n', CLASSES]);
  return n.b.build();
}
