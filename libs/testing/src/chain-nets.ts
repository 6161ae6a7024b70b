import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from './random.js';

/** Side of the pictures that the nets below read: input `x` [n, 3, 16, 16], one output. */
export const CHAIN_NET_SIZE = 16;

interface ConvShape {
  from: number;
  to: number;
  kernel?: number;
  stride?: number;
  group?: number;
}

/** Blocks of nets whose activations exporters spell out: between convolutions stand Sigmoid, Mul, Split and Concat. */
class BlockBuilder {
  readonly b = new GraphBuilder('t');
  private readonly random = randomNumbers(3);

  constructor(private readonly width: number) {}

  private numbers(count: number, scale: number): Float32Array {
    return Float32Array.from({ length: count }, () => (this.random() * 2 - 1) * scale);
  }

  /** Counts of channels are times the width, but for the three of pictures. */
  conv(x: string, { kernel = 1, stride = 1, group: groups = 1, ...channels }: ConvShape): string {
    const times = (count: number) => (count <= 3 ? count : count * this.width);
    const [from, to, group] = [times(channels.from), times(channels.to), times(groups)];
    const fanIn = (from / group) * kernel ** 2;
    const weight = this.b.float(this.numbers(to * fanIn, Math.sqrt(6 / fanIn)), [to, from / group, kernel, kernel]);
    const pad = Math.floor(kernel / 2);
    const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], group };
    return this.b.op('Conv', [x, weight, this.b.float(this.numbers(to, 0.2))], attributes);
  }

  relu(x: string): string {
    return this.b.op('Relu', [x]);
  }

  silu(x: string): string {
    return this.b.op('Mul', [x, this.b.op('Sigmoid', [x])]);
  }

  /** Squeeze and excitation (Hu et al. 2018) with the mean as exporters of today write it. */
  excite(x: string, channels: number): string {
    const mean = this.b.op('ReduceMean', [x, this.b.ints([2, 3])], { keepdims: 1 });
    const squeezed = this.silu(this.conv(mean, { from: channels, to: channels / 4 }));
    return this.b.op('Mul', [x, this.b.op('Sigmoid', [this.conv(squeezed, { from: channels / 4, to: channels })])]);
  }

  halves(x: string): string[] {
    return this.b.ops('Split', 2, [x], { axis: 1, num_outputs: 2 });
  }

  finish(x: string, from: number): ModelProto {
    this.b.output(this.conv(x, { from, to: 8 }), ['n', 8 * this.width, 'h', 'w']);
    return this.b.build();
  }
}

/** C2f blocks, pools in a row and a look at the coarser picture, as in the YOLO detectors since the eighth. */
function yoloLike(width = 1): ModelProto {
  const n = new BlockBuilder(width);
  const block = (x: string, shape: ConvShape) => n.silu(n.conv(x, shape));
  const stem = block(n.b.input('x', ['n', 3, 16, 16]), { from: 3, to: 16, kernel: 3 });
  const [left, right] = n.halves(block(stem, { from: 16, to: 16 })) as [string, string];
  const added = n.b.op('Add', [right, block(right, { from: 8, to: 8, kernel: 3 })]);
  const fine = block(n.b.op('Concat', [left, right, added], { axis: 1 }), { from: 24, to: 16 });
  const coarse = block(fine, { from: 16, to: 16, kernel: 3, stride: 2 });
  const pool = (x: string) => n.b.op('MaxPool', [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  const pooled = n.b.op('Concat', [coarse, pool(coarse), pool(pool(coarse))], { axis: 1 });
  const wide = n.b.op('Resize', [block(pooled, { from: 48, to: 16 }), '', n.b.float([1, 1, 2, 2])], {
    mode: 'nearest',
  });
  return n.finish(block(n.b.op('Concat', [wide, fine], { axis: 1 }), { from: 32, to: 16 }), 16);
}

/** Inverted residuals with squeeze and excitation (Tan and Le 2019). */
function efficientNetLike(width = 1): ModelProto {
  const n = new BlockBuilder(width);
  let x = n.silu(n.conv(n.b.input('x', ['n', 3, 16, 16]), { from: 3, to: 16, kernel: 3 }));
  for (let block = 0; block < 2; block++) {
    const wide = n.silu(n.conv(x, { from: 16, to: 32 }));
    const deep = n.silu(n.conv(wide, { from: 32, to: 32, kernel: 3, group: 32 }));
    x = n.b.op('Add', [x, n.conv(n.excite(deep, 32), { from: 32, to: 16 })]);
  }
  return n.finish(x, 16);
}

/** Halves of channels of which one is worked on, then shuffled (Ma et al. 2018). */
function shuffleNetLike(width = 1): ModelProto {
  const n = new BlockBuilder(width);
  const shuffle = (x: string) => {
    const pairs = n.b.op('Reshape', [x, n.b.ints([0, 2, -1, 16, 16])]);
    return n.b.op('Reshape', [n.b.op('Transpose', [pairs], { perm: [0, 2, 1, 3, 4] }), n.b.ints([0, -1, 16, 16])]);
  };
  let x = n.relu(n.conv(n.b.input('x', ['n', 3, 16, 16]), { from: 3, to: 16, kernel: 3 }));
  for (let block = 0; block < 2; block++) {
    const [kept, worked] = n.halves(x) as [string, string];
    const deep = n.conv(n.relu(n.conv(worked, { from: 8, to: 8 })), { from: 8, to: 8, kernel: 3, group: 8 });
    x = shuffle(n.b.op('Concat', [kept, n.relu(n.conv(deep, { from: 8, to: 8 }))], { axis: 1 }));
  }
  return n.finish(x, 16);
}

/**
 * Nets that run as integers from end to end only where what stands between their layers does, by what they are like;
 * every count of channels inside is times `width`.
 */
export const CHAIN_NETS: Readonly<Record<string, (width?: number) => ModelProto>> = {
  YOLO: yoloLike,
  EfficientNet: efficientNetLike,
  ShuffleNet: shuffleNetLike,
};
