import { PruneOptions } from '#contracts';
import { DataType, Graph, GraphBuilder, makeTensor, tensorDims, tensorToNumbers, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { stageContext } from '../../context.fixture.js';
import { prunePass } from './prune.js';

/** Writes one net in which every prunable width is `width`, or a multiple of it, as an exporter would. */
type Export = (net: Net, width: number) => string;

class Net extends GraphBuilder {
  private readonly random = randomNumbers(7);

  weight(...dims: number[]): string {
    return this.float(
      Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => this.random() - 0.5),
      dims,
    );
  }

  conv(x: string, from: number, to: number, group = 1): string {
    return this.op('Conv', [x, this.weight(to, from / group, 3, 3), this.weight(to)], {
      group,
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
    });
  }

  relu(x: string): string {
    return this.op('Relu', [x]);
  }

  linear(x: string, from: number, to: number): string {
    return this.op('Gemm', [x, this.weight(to, from), this.weight(to)], { transB: 1 });
  }

  project(x: string, from: number, to: number): string {
    return this.op('Add', [this.op('MatMul', [x, this.weight(from, to)]), this.weight(to)]);
  }

  norm(x: string, width: number): string {
    return this.op('LayerNormalization', [x, this.weight(width), this.weight(width)]);
  }

  classify(x: string, from: number): string {
    return this.linear(this.op('Flatten', [this.op('GlobalAveragePool', [x])]), from, 5);
  }

  /** The one length that `x` has on an axis, as exporters ask for it: Shape, Gather. */
  size(x: string, axis: number): string {
    return this.op('Unsqueeze', [
      this.op('Gather', [
        this.op('Shape', [x]),
        this.initializer(makeTensor(this.fresh('axis'), DataType.INT64, [], BigInt64Array.of(BigInt(axis)))),
      ]),
      this.ints([0]),
    ]);
  }
}

const NETS: Record<string, Export> = {
  'a chain of convolutions with batch normalisation': (n, w) => {
    const first = n.op('BatchNormalization', [
      n.conv('x', 3, w),
      n.weight(w),
      n.weight(w),
      n.weight(w),
      n.float(new Float32Array(w).fill(1), [w]),
    ]);
    return n.classify(
      n.relu(n.conv(n.op('MaxPool', [n.relu(first)], { kernel_shape: [2, 2], strides: [2, 2] }), w, 2 * w)),
      2 * w,
    );
  },

  'residual blocks': (n, w) => {
    const trunk = n.relu(n.conv('x', 3, w));
    return n.classify(n.relu(n.op('Add', [trunk, n.conv(n.relu(n.conv(trunk, w, 2 * w)), 2 * w, w)])), w);
  },

  'depthwise convolutions': (n, w) =>
    n.classify(n.relu(n.conv(n.relu(n.conv(n.relu(n.conv('x', 3, w)), w, w, w)), w, 2 * w)), 2 * w),

  'squeeze-excite': (n, w) => {
    const trunk = n.relu(n.conv('x', 3, 2 * w));
    const squeezed = n.relu(n.conv(n.op('GlobalAveragePool', [trunk]), 2 * w, w));
    return n.classify(n.op('Mul', [trunk, n.op('Sigmoid', [n.conv(squeezed, w, 2 * w)])]), 2 * w);
  },

  'a split into equal parts, and a concatenation': (n, w) => {
    const [left, right] = n.ops('Split', 2, [n.relu(n.conv('x', 3, 2 * w))], { axis: 1, num_outputs: 2 });
    return n.classify(
      n.conv(n.op('Concat', [n.op('Mul', [left!, right!]), n.relu(n.conv('x', 3, w))], { axis: 1 }), 2 * w, w),
      w,
    );
  },

  'halves cut out by Slice': (n, w) => {
    const [both, axis, half] = [n.relu(n.conv('x', 3, 2 * w)), n.ints([1]), n.ints([w])];
    const [left, right] = [
      n.op('Slice', [both, n.ints([0]), half, axis]),
      n.op('Slice', [both, half, n.ints([2 * w]), axis]),
    ];
    return n.classify(n.op('Add', [left, n.conv(right, w, w)]), w);
  },

  'a grouped convolution and group normalisation': (n, w) => {
    const grouped = n.conv(n.relu(n.conv('x', 3, w)), w, 2 * w, 4);
    return n.classify(
      n.conv(
        n.relu(n.op('GroupNormalization', [grouped, n.weight(2 * w), n.weight(2 * w)], { num_groups: 4 })),
        2 * w,
        w,
      ),
      w,
    );
  },

  'a flattening whose sizes are computed': (n, w) => {
    const features = n.relu(n.conv('x', 3, w));
    return n.linear(
      n.op('Reshape', [features, n.op('Concat', [n.size(features, 0), n.ints([w * 64])], { axis: 0 })]),
      w * 64,
      5,
    );
  },

  'a transformer block whose shape constants are shared': (n, w) => {
    const [heads, wide] = [w / 2, w * 4];
    const tokens = n.project(
      n.op('Transpose', [n.op('Reshape', ['x', n.ints([0, 3, 64])])], { perm: [0, 2, 1] }),
      3,
      w,
    );
    const [apart, together] = [n.ints([0, 64, heads, 8]), n.ints([0, 64, wide])];
    const normed = n.norm(tokens, w);
    const split = (perm: number[]) =>
      n.op('Transpose', [n.op('Reshape', [n.project(normed, w, wide), apart])], { perm });
    const scores = n.op('Softmax', [n.op('MatMul', [split([0, 2, 1, 3]), split([0, 2, 3, 1])])]);
    const mixed = n.op('Reshape', [
      n.op('Transpose', [n.op('MatMul', [scores, split([0, 2, 1, 3])])], { perm: [0, 2, 1, 3] }),
      together,
    ]);
    const attended = n.op('Add', [tokens, n.project(mixed, wide, w)]);
    const fed = n.op('Add', [attended, n.project(n.op('Gelu', [n.project(n.norm(attended, w), w, wide)]), wide, w)]);
    return n.linear(n.op('ReduceMean', [fed, n.ints([1])], { keepdims: 0 }), w, 5);
  },
};

function exported(net: Export, width: number): ModelProto {
  const builder = new Net();
  builder.input('x', ['batch', 3, 8, 8]);
  builder.output(net(builder, width), ['batch', 5]);
  return builder.build();
}

/**
 * Operators with their attributes in graph order, and the initializers' types, shapes and, for sizes, values in order
 * of use.
 */
function skeleton(model: ModelProto) {
  const graph = new Graph(model);
  const numbers = new Map<string, number>();
  const number = (value: string) => numbers.get(value) ?? numbers.set(value, numbers.size).get(value);
  const read = [...new Set(graph.nodes.flatMap(({ input }) => input))].flatMap((name) => graph.initializer(name) ?? []);
  return {
    nodes: graph.nodes.map(({ opType, input, output, attribute }) => [
      opType,
      input.map(number),
      output.map(number),
      attribute.map(({ name, i, ints }) => [name, i, ints]),
    ]),
    initializers: read.map((tensor) => [
      tensor.dataType,
      tensorDims(tensor),
      tensor.dataType === DataType.INT64 ? tensorToNumbers(tensor) : [],
    ]),
    count: graph.proto.initializer.length,
    valueInfo: graph.proto.valueInfo.length,
  };
}

describe('a pruned graph is the one that would have been exported that small', () => {
  it.each(Object.entries(NETS))('%s', async (_, net) => {
    const model = exported(net, 16);
    const context = stageContext(model);
    await prunePass.run(context, PruneOptions.parse({ ratio: 0.25, multipleOf: 1 }));
    expect(skeleton(model)).toEqual(skeleton(exported(net, 12)));
  });
});
