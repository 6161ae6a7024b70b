import { PruneOptions, TrainOptions } from '#contracts';
import { GraphBuilder, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../../context.fixture.js';
import type { GraphFigures } from '../../pruning/channels/figures.js';
import { trainPass } from '../train/train.js';
import { prunePass } from './prune.js';

/** Writes sizes as constants, as exporters do now, or computes them from shapes, as they did. */
type Style = 'newer' | 'older';

class Net extends GraphBuilder {
  private readonly random = randomNumbers(7);
  private readonly zeros = new Map<number, string>();

  constructor(readonly style: Style) {
    super('n');
  }

  weight(...dims: number[]): string {
    return this.float(
      Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => this.random() - 0.5),
      dims,
    );
  }

  /** A bias of zeros: the older exporter merged all of one length. */
  bias(length: number): string {
    const zeros = this.zeros.get(length);
    if (zeros !== undefined && this.style === 'older') return zeros;
    this.zeros.set(length, this.float(new Float32Array(length), [length]));
    return this.zeros.get(length)!;
  }

  conv(x: string, from: number, to: number, { kernel = 3, group = 1 } = {}): string {
    const pad = (kernel - 1) / 2;
    return this.op('Relu', [
      this.op('Conv', [x, this.weight(to, from / group, kernel, kernel), this.bias(to)], {
        group,
        pads: [pad, pad, pad, pad],
      }),
    ]);
  }

  project(x: string, from: number, to: number): string {
    return this.op('MatMul', [x, this.weight(from, to)]);
  }

  /** The length of an axis, a list of one. */
  size(x: string, axis: number): string {
    return this.op('Unsqueeze', [this.op('Gather', [this.op('Shape', [x]), this.ints(axis)]), this.ints([0])]);
  }

  /** torch.chunk(2, dim=1) */
  halves(x: string, channels: number): [string, string] {
    if (this.style === 'newer')
      return this.ops('Split', 2, [x, this.ints([channels / 2, channels / 2])], { axis: 1 }) as [string, string];
    const half = this.op('Div', [
      this.op('Add', [this.op('Gather', [this.op('Shape', [x]), this.ints([1])]), this.ints([1])]),
      this.ints([2]),
    ]);
    const part = (i: number) =>
      this.op('Slice', [
        x,
        this.op('Mul', [half, this.ints([i])]),
        this.op('Mul', [half, this.ints([i + 1])]),
        this.ints([1]),
      ]);
    return [part(0), part(1)];
  }

  /** view(sizes), each the length of an axis of a value, a quotient of one, or a number. */
  view(x: string, sizes: readonly { of?: [value: string, axis: number]; over?: number; size: number }[]): string {
    if (this.style === 'newer') return this.op('Reshape', [x, this.ints(sizes.map(({ size }) => size))]);
    const parts = sizes.map(({ of, over, size }) => {
      if (!of) return this.ints([size]);
      const length = this.size(...of);
      return over === undefined ? length : this.op('Div', [length, this.ints([over])]);
    });
    return this.op('Reshape', [x, this.op('Concat', parts, { axis: 0 })]);
  }

  classify(x: string, from: number): string {
    return this.op('Gemm', [this.op('Flatten', [this.op('GlobalAveragePool', [x])]), this.weight(5, from)], {
      transB: 1,
    });
  }
}

const NETS: Record<string, (n: Net, x: string) => string> = {
  'a C2f block of YOLO': (n, x) => {
    const [left, right] = n.halves(n.conv(n.conv(x, 3, 16), 16, 32, { kernel: 1 }), 32);
    const first = n.op('Add', [right, n.conv(n.conv(right, 16, 16), 16, 16)]);
    const second = n.op('Add', [first, n.conv(n.conv(first, 16, 16), 16, 16)]);
    return n.classify(n.conv(n.op('Concat', [left, right, first, second], { axis: 1 }), 64, 32, { kernel: 1 }), 32);
  },

  'units of a ShuffleNet': (n, x) => {
    let y = n.conv(x, 3, 32);
    for (let unit = 0; unit < 2; unit++) {
      const [left, right] = n.halves(y, 32);
      const branch = n.conv(n.conv(n.conv(right, 16, 16, { kernel: 1 }), 16, 16, { group: 16 }), 16, 16, { kernel: 1 });
      const both = n.op('Concat', [left, branch], { axis: 1 });
      const [height, width] = [
        { of: [both, 2] as [string, number], size: 8 },
        { of: [both, 3] as [string, number], size: 8 },
      ];
      const apart = n.op(
        'Transpose',
        [n.view(both, [{ of: [both, 0], size: 0 }, { size: 2 }, { of: [both, 1], over: 2, size: 16 }, height, width])],
        { perm: [0, 2, 1, 3, 4] },
      );
      y = n.view(apart, [{ of: [both, 0], size: 0 }, { size: -1 }, height, width]);
    }
    return n.classify(n.conv(y, 32, 16, { kernel: 1 }), 16);
  },

  'attention merged by reshape(B, T, C)': (n, x) => {
    const patches = n.op('Reshape', [
      n.op('Conv', [x, n.weight(24, 3, 2, 2)], { strides: [2, 2] }),
      n.ints([0, 24, 16]),
    ]);
    const tokens = n.op('Transpose', [patches], { perm: [0, 2, 1] });
    const [batch, length] = [
      { of: [tokens, 0] as [string, number], size: 0 },
      { of: [tokens, 1] as [string, number], size: 16 },
    ];
    const heads = (perm: number[]) =>
      n.op(
        'Transpose',
        [n.view(n.project(tokens, 24, 24), [batch, length, { size: 4 }, { of: [tokens, 2], over: 4, size: 6 }])],
        { perm },
      );
    const scores = n.op('Softmax', [n.op('MatMul', [heads([0, 2, 1, 3]), heads([0, 2, 3, 1])])]);
    const mixed = n.op('Transpose', [n.op('MatMul', [scores, heads([0, 2, 1, 3])])], { perm: [0, 2, 1, 3] });
    const merged = n.view(mixed, [batch, length, { of: [tokens, 2], size: 24 }]);
    return n.op('Gemm', [
      n.op('ReduceMean', [n.op('Add', [tokens, n.project(merged, 24, 24)]), n.ints([1])], { keepdims: 0 }),
      n.weight(24, 5),
    ]);
  },
};

function exported(net: (n: Net, x: string) => string, style: Style): ModelProto {
  const n = new Net(style);
  n.op('Identity', [net(n, n.input('x', ['batch', 3, 8, 8]))], {}, { outputs: [n.output('y', ['batch', 5])] });
  return n.build();
}

async function prunedFigures(
  model: ModelProto,
): Promise<{ before: GraphFigures; after: GraphFigures; skipped: string[] }> {
  const context = stageContext(model);
  const { summary, skipped } = await prunePass.run(context, PruneOptions.parse({ multipleOf: 1 }));
  return {
    before: summary['before'] as GraphFigures,
    after: summary['after'] as GraphFigures,
    skipped: skipped.map(({ reason }) => reason),
  };
}

describe.each(Object.entries(NETS))('%s, sizes computed as the older exporter did', (_, net) => {
  it('prunes as far as with constant sizes', async () => {
    const [newer, older] = [await prunedFigures(exported(net, 'newer')), await prunedFigures(exported(net, 'older'))];
    expect(older.after.macs).toBe(newer.after.macs);
    expect(older.skipped).toEqual(newer.skipped);
    expect(older.after.macs).toBeLessThan(0.45 * older.before.macs);
  });

  it('can be trained', () => {
    expect(trainPass.obstacles!(exported(net, 'older'), TrainOptions.parse({}), new Map())).toEqual([]);
  });
});
