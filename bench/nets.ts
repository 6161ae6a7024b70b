import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';

/** A net with random weights of the scale that keeps activations in range (He et al. 2015). */
class NetBuilder {
  readonly b = new GraphBuilder('n');
  private readonly random = randomNumbers(1);

  weight(dims: readonly number[], fanIn: number): string {
    const scale = Math.sqrt(6 / fanIn);
    return this.b.float(
      Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, () => (this.random() * 2 - 1) * scale),
      dims,
    );
  }

  conv(x: string, from: number, to: number, kernel: number, { stride = 1, group = 1 } = {}): string {
    const pad = Math.floor(kernel / 2);
    const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], group };
    return this.b.op(
      'Conv',
      [
        x,
        this.weight([to, from / group, kernel, kernel], (from / group) * kernel ** 2),
        this.b.float(new Float32Array(to)),
      ],
      attributes,
    );
  }

  relu(x: string): string {
    return this.b.op('Relu', [x]);
  }

  relu6(x: string): string {
    return this.b.op('Clip', [x, this.b.float(0), this.b.float(6)]);
  }

  linear(x: string, from: number, to: number): string {
    return this.b.op('Gemm', [x, this.weight([to, from], from), this.b.float(new Float32Array(to))], { transB: 1 });
  }

  classify(x: string, channels: number, classes: number): ModelProto {
    const pooled = this.b.op('Flatten', [this.b.op('GlobalAveragePool', [x])]);
    return this.finish(this.linear(pooled, channels, classes), classes);
  }

  finish(logits: string, classes: number): ModelProto {
    this.b.output(logits, ['n', classes]);
    return this.b.build();
  }
}

/**
 * Inverted residuals as in MobileNetV2 (Sandler et al. 2018), batch norms folded; every count of channels times
 * `width`.
 */
export function mobileNetLike(width = 1): ModelProto {
  const n = new NetBuilder();
  let x = n.relu6(n.conv(n.b.input('x', ['n', 3, 96, 96]), 3, 16 * width, 3, { stride: 2 }));
  let channels = 16 * width;
  const blocks: [expand: number, to: number, stride: number][] = [
    [1, 16, 1],
    [4, 24, 2],
    [4, 24, 1],
    [4, 32, 2],
    [4, 32, 1],
    [4, 64, 2],
    [4, 64, 1],
    [4, 96, 1],
  ];
  for (const [expand, out, stride] of blocks) {
    const to = out * width;
    const wide = channels * expand;
    const widened = expand === 1 ? x : n.relu6(n.conv(x, channels, wide, 1));
    const narrow = n.conv(n.relu6(n.conv(widened, wide, wide, 3, { stride, group: wide })), wide, to, 1);
    x = stride === 1 && channels === to ? n.b.op('Add', [x, narrow]) : narrow;
    channels = to;
  }
  return n.classify(n.relu6(n.conv(x, channels, 256 * width, 1)), 256 * width, 10);
}

/** Three stages of one residual block each; by default 16 to 64 channels, as in MLPerf Tiny's image classifier. */
export function resNet8(width = 16): ModelProto {
  const n = new NetBuilder();
  let x = n.relu(n.conv(n.b.input('x', ['n', 3, 32, 32]), 3, width, 3));
  for (const [from, to, stride] of [
    [width, width, 1],
    [width, 2 * width, 2],
    [2 * width, 4 * width, 2],
  ] as const) {
    const inner = n.conv(n.relu(n.conv(x, from, to, 3, { stride })), to, to, 3);
    const shortcut = from === to ? x : n.conv(x, from, to, 1, { stride });
    x = n.relu(n.b.op('Add', [inner, shortcut]));
  }
  return n.classify(x, 4 * width, 10);
}

/** Two encoder layers of width 128 with four heads over 64 positions, and a classifier on their mean. */
export function transformer(): ModelProto {
  const [width, heads, positions, layers] = [128, 4, 64, 2];
  const n = new NetBuilder();
  const { b } = n;
  const norm = (x: string) =>
    b.op('LayerNormalization', [x, b.float(new Float32Array(width).fill(1)), b.float(new Float32Array(width))]);
  const project = (x: string, from: number, to: number) =>
    b.op('Add', [b.op('MatMul', [x, n.weight([from, to], from)]), b.float(new Float32Array(to))]);
  const split = (x: string, perm: number[]) =>
    b.op('Transpose', [b.op('Reshape', [x, b.ints([0, positions, heads, width / heads])])], { perm });
  let x = b.input('x', ['n', positions, width]);
  for (let layer = 0; layer < layers; layer++) {
    const normed = norm(x);
    const [q, k, v] = [
      split(project(normed, width, width), [0, 2, 1, 3]),
      split(project(normed, width, width), [0, 2, 3, 1]),
      split(project(normed, width, width), [0, 2, 1, 3]),
    ];
    const scores = b.op('Softmax', [b.op('Mul', [b.op('MatMul', [q, k]), b.float(1 / Math.sqrt(width / heads))])]);
    const mixed = b.op('Reshape', [
      b.op('Transpose', [b.op('MatMul', [scores, v])], { perm: [0, 2, 1, 3] }),
      b.ints([0, positions, width]),
    ]);
    x = b.op('Add', [x, project(mixed, width, width)]);
    x = b.op('Add', [x, project(b.op('Gelu', [project(norm(x), width, 4 * width)]), 4 * width, width)]);
  }
  const pooled = b.op('ReduceMean', [norm(x), b.ints([1])], { keepdims: 0 });
  return n.finish(n.linear(pooled, width, 10), 10);
}

/** Three square matrix products of width 1,024 with activations between, and a classifier. */
export function matMulNet(): ModelProto {
  const n = new NetBuilder();
  let x = n.b.input('x', ['n', 1024]);
  for (let layer = 0; layer < 3; layer++) x = n.relu(n.linear(x, 1024, 1024));
  return n.finish(n.linear(x, 1024, 10), 10);
}

/**
 * The net of Hinton's distillation experiments (Hinton et al. 2015, section 3): two hidden layers of 1,200 on the
 * pixels of a digit.
 */
export function hintonNet(width = 1200): ModelProto {
  const n = new NetBuilder();
  const first = n.relu(n.linear(n.b.input('x', ['n', 784]), 784, width));
  return n.finish(n.linear(n.relu(n.linear(first, width, width)), width, 10), 10);
}

/**
 * Two feed-forward blocks of a transformer, width 128, with LayerNorm and GELU written out in elementary operators as
 * many exporters do.
 */
export function writtenOutBlocks(): ModelProto {
  const width = 128;
  const n = new NetBuilder();
  const { b } = n;
  const linear = (x: string, from: number, to: number) =>
    b.op('Add', [b.op('MatMul', [x, n.weight([from, to], from)]), b.float(new Float32Array(to))]);
  const mean = (x: string) => b.op('ReduceMean', [x, b.ints([-1])]);
  const norm = (x: string) => {
    const centered = b.op('Sub', [x, mean(x)]);
    const spread = b.op('Sqrt', [b.op('Add', [mean(b.op('Pow', [centered, b.float(2)])), b.float(1e-5)])]);
    return b.op('Add', [
      b.op('Mul', [b.op('Div', [centered, spread]), b.float(new Float32Array(width).fill(1))]),
      b.float(new Float32Array(width)),
    ]);
  };
  const gelu = (x: string) =>
    b.op('Mul', [
      b.op('Mul', [x, b.op('Add', [b.op('Erf', [b.op('Div', [x, b.float(Math.SQRT2)])]), b.float(1)])]),
      b.float(0.5),
    ]);
  let x = b.input('x', ['n', 64, width]);
  for (let block = 0; block < 2; block++)
    x = b.op('Add', [x, linear(gelu(linear(norm(x), width, 4 * width)), 4 * width, width)]);
  return n.finish(linear(b.op('Squeeze', [b.op('ReduceMean', [x, b.ints([1])]), b.ints([1])]), width, 10), 10);
}

/** Shape of one sample of a net's only input. */
export const SAMPLE_DIMS = {
  mobileNetLike: [3, 96, 96],
  resNet8: [3, 32, 32],
  transformer: [64, 128],
  matMulNet: [1024],
  hintonNet: [784],
} as const;
