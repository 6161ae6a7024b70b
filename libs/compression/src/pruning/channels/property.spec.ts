import { PruneOptions } from '#contracts';
import { DataType, Graph, cloneModel, makeTensor } from '#onnx';
import { findDependencies } from './groups.js';
import { generate, outputs, type Net } from './nets.fixture.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const NETS: Record<string, Net> = {
  chain(b, x) {
    const [c, d] = [b.width(), b.width()];
    return b.linear(b.pool(b.relu(b.conv(b.relu(b.conv(x, 3, c)), c, d))), d, 5);
  },

  'chain with batch normalisation': (b, x) => {
    const c = b.width();
    const positive = b.float(
      Float32Array.from({ length: c }, (_, i) => 0.5 + i / c),
      [c],
    );
    return b.linear(
      b.pool(
        b.relu(b.op('BatchNormalization', [b.conv(x, 3, c), b.weights([c]), b.weights([c]), b.weights([c]), positive])),
      ),
      c,
      5,
    );
  },

  flatten(b, x) {
    const [c, h] = [b.width(), b.width()];
    return b.linear(
      b.relu(b.linear(b.op('Reshape', [b.relu(b.conv(x, 3, c)), b.ints([-1, c * 36])]), c * 36, h)),
      h,
      5,
    );
  },

  'flatten after a transpose (channels last)': (b, x) => {
    const c = b.width();
    return b.linear(b.op('Flatten', [b.op('Transpose', [b.relu(b.conv(x, 3, c))], { perm: [0, 2, 3, 1] })]), c * 36, 5);
  },

  residual(b, x) {
    const [c, d] = [b.width(), b.width()];
    const trunk = b.relu(b.conv(x, 3, c));
    return b.linear(b.pool(b.relu(b.op('Add', [trunk, b.conv(b.relu(b.conv(trunk, c, d)), d, c)]))), c, 5);
  },

  concat(b, x) {
    const [c, d, e] = [b.width(), b.width(), b.width()];
    const both = b.op('Concat', [b.relu(b.conv(x, 3, c)), b.relu(b.conv(x, 3, d))], { axis: 1 });
    return b.linear(b.pool(b.conv(both, c + d, e)), e, 5);
  },

  depthwise(b, x) {
    const [c, d] = [b.width(), b.width()];
    return b.linear(
      b.pool(b.conv(b.relu(b.conv(b.relu(b.conv(x, 3, c)), c, c, { group: c })), c, d, { kernel: 1 })),
      d,
      5,
    );
  },

  'depthwise with multiplier': (b, x) => {
    const c = b.width();
    return b.linear(b.pool(b.relu(b.conv(b.relu(b.conv(x, 3, c)), c, 2 * c, { group: c }))), 2 * c, 5);
  },

  grouped(b, x) {
    const [c, d] = [b.width(), b.width()];
    return b.linear(b.pool(b.relu(b.conv(b.relu(b.conv(x, 3, c)), c, d, { group: 2 }))), d, 5);
  },

  shuffle(b, x) {
    const [c, d] = [b.width(), b.width()];
    const grouped = b.relu(b.conv(b.relu(b.conv(x, 3, c)), c, d, { group: 2 }));
    const apart = b.op('Transpose', [b.op('Reshape', [grouped, b.ints([-1, 2, d / 2, 6, 6])])], {
      perm: [0, 2, 1, 3, 4],
    });
    const mixed = b.op('Reshape', [apart, b.ints([-1, d, 6, 6])]);
    return b.linear(b.pool(b.relu(b.conv(mixed, d, d, { group: 2 }))), d, 5);
  },

  'squeeze-excite': (b, x) => {
    const [c, d] = [b.width(), b.width()];
    const trunk = b.relu(b.conv(x, 3, c));
    const gate = b.op('Sigmoid', [
      b.conv(b.relu(b.conv(b.op('GlobalAveragePool', [trunk]), c, d, { kernel: 1 })), d, c, { kernel: 1 }),
    ]);
    return b.linear(b.pool(b.op('Mul', [trunk, gate])), c, 5);
  },

  'split and slice': (b, x) => {
    const c = b.width(2);
    const [left, right] = b.ops('Split', 2, [b.relu(b.conv(x, 3, c)), b.ints([c / 2, c / 2])], { axis: 1 });
    const part = b.op('Slice', [b.relu(b.conv(x, 3, c)), b.ints([1]), b.ints([c]), b.ints([1])]);
    return b.linear(
      b.pool(b.op('Concat', [b.conv(b.op('Mul', [left!, right!]), c / 2, 4), b.conv(part, c - 1, 4)], { axis: 1 })),
      8,
      5,
    );
  },

  'slices by 32-bit bounds': (b, x) => {
    const c = b.width(2);
    const int32 = (value: number) =>
      b.initializer(makeTensor(b.fresh('bound'), DataType.INT32, [1], Int32Array.of(value)));
    return b.linear(b.pool(b.op('Slice', [b.relu(b.conv(x, 3, c)), int32(1), int32(c), int32(1)])), c - 1, 5);
  },

  'a selection by Gather': (b, x) => {
    const c = b.width();
    const order = Array.from({ length: c }, (_, i) => (i * 2 + (i >= c / 2 ? 1 : 0)) % c);
    return b.linear(b.pool(b.op('Gather', [b.relu(b.conv(x, 3, c)), b.ints(order)], { axis: 1 })), c, 5);
  },

  'pad, resize and pools': (b, x) => {
    const c = b.width();
    const padded = b.op('Pad', [b.relu(b.conv(x, 3, c)), b.ints([0, 0, 1, 1, 0, 0, 1, 1])]);
    const grown = b.op('Resize', [
      b.op('MaxPool', [padded], { kernel_shape: [2, 2], strides: [2, 2] }),
      '',
      b.float([1, 1, 2, 2], [4]),
    ]);
    return b.linear(b.pool(grown), c, 5);
  },

  'transposed convolution': (b, x) => {
    const [c, d] = [b.width(), b.width()];
    const up = b.op('ConvTranspose', [b.relu(b.conv(x, 3, c)), b.weights([c, d, 2, 2]), b.weights([d])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    return b.linear(b.pool(b.relu(up)), d, 5);
  },

  'pixel shuffle': (b, x) => {
    const c = b.width();
    return b.linear(b.pool(b.op('DepthToSpace', [b.relu(b.conv(x, 3, 4 * c))], { blocksize: 2, mode: 'CRD' })), c, 5);
  },

  attention(b, x) {
    const [heads, width] = [4, 3];
    const e = heads * width;
    const tokens = b.op('Transpose', [b.op('Reshape', [b.conv(x, 3, e), b.ints([0, e, 36])])], { perm: [0, 2, 1] });
    const project = (perm: number[]) =>
      b.op(
        'Transpose',
        [
          b.op('Reshape', [
            b.op('Add', [b.op('MatMul', [tokens, b.weights([e, e])]), b.weights([e])]),
            b.ints([0, 0, heads, width]),
          ]),
        ],
        { perm },
      );
    const scores = b.op('Softmax', [b.op('MatMul', [project([0, 2, 1, 3]), project([0, 2, 3, 1])])], { axis: -1 });
    const mixed = b.op('Transpose', [b.op('MatMul', [scores, project([0, 2, 1, 3])])], { perm: [0, 2, 1, 3] });
    const out = b.op('MatMul', [b.op('Reshape', [mixed, b.ints([0, 0, e])]), b.weights([e, e])]);
    return b.linear(b.op('ReduceMean', [b.op('Add', [tokens, out]), b.ints([1])], { keepdims: 0 }), e, 5);
  },

  'int8 weights behind per-channel scales': (b, x) => {
    const [c, d] = [b.width(), b.width()];
    const quantized = (dims: number[]) => {
      const values = Int8Array.from(
        { length: dims.reduce((product, dim) => product * dim, 1) },
        () => Math.floor(b.random01() * 128) - 64,
      );
      const scale = b.float(
        Float32Array.from({ length: dims[0]! }, () => 0.01 + b.random01() / 100),
        [dims[0]!],
      );
      const zero = b.initializer(makeTensor(b.fresh('z'), DataType.INT8, [dims[0]!], new Int8Array(dims[0]!)));
      return b.op(
        'DequantizeLinear',
        [b.initializer(makeTensor(b.fresh('w'), DataType.INT8, dims, values)), scale, zero],
        { axis: 0 },
      );
    };
    const grid = [b.float(0.05), b.initializer(makeTensor(b.fresh('z'), DataType.UINT8, [], Uint8Array.of(0)))];
    const onGrid = (value: string) => b.op('DequantizeLinear', [b.op('QuantizeLinear', [value, ...grid]), ...grid]);
    const first = onGrid(
      b.relu(b.op('Conv', [onGrid(x), quantized([c, 3, 3, 3]), b.weights([c])], { pads: [1, 1, 1, 1] })),
    );
    const second = onGrid(b.relu(b.op('Conv', [first, quantized([d, c, 3, 3]), b.weights([d])])));
    return b.op('Gemm', [b.op('Flatten', [second]), quantized([5, d * 16]), b.weights([5])], { transB: 1 });
  },

  'a 4-bit codebook': (b, x) => {
    const c = b.width();
    const indices = b.initializer(
      makeTensor(
        b.fresh('i'),
        DataType.UINT8,
        [c, 3, 3, 3],
        Uint8Array.from({ length: c * 27 }, () => Math.floor(b.random01() * 16)),
      ),
    );
    const codebook = b.float(
      Float32Array.from({ length: 16 }, (_, i) => (i === 0 ? 0 : b.random01() - 0.5)),
      [16],
    );
    const weight = b.op('Gather', [codebook, b.op('Cast', [indices], { to: DataType.INT32 })]);
    return b.linear(b.pool(b.relu(b.op('Conv', [x, weight, b.weights([c])]))), c, 5);
  },
};

describe('channel removal', () => {
  describe.each(Object.entries(NETS))('in a net with %s', (_, net) => {
    it.each([1, 2, 3])('leaves the output unchanged when the removed weights are zero (seed %i)', async (seed) => {
      const model = generate(net, seed);
      const graph = new Graph(model);
      const { shapes } = await observeGraph(model);
      const silent = silence(graph, findDependencies(graph, shapes));
      expect(silent.size).toBeGreaterThan(0);
      const expected = await outputs(cloneModel(model));
      const { before, after } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
        data: null,
        seed: 0,
        threads: 1,
      });
      expect(after.parameters).toBeLessThan(before.parameters);
      const actual = await outputs(model);
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    });
  });

  it('leaves a group alone, with the operator named, where it meets one that it does not know', async () => {
    const model = generate((b, x) => b.linear(b.pool(b.op('TfIdfLikeUnknown', [b.conv(x, 3, 8)])), 8, 5), 1);
    for (const node of model.graph!.node)
      if (node.opType === 'TfIdfLikeUnknown') Object.assign(node, { opType: 'Trilu', input: [node.input[0]!, 'axis'] });
    model.graph!.initializer.push(makeTensor('axis', DataType.INT64, [], BigInt64Array.of(1n)));
    const graph = new Graph(model);
    const { skipped, before, after } = await pruneChannels(graph, PruneOptions.parse({ multipleOf: 1 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(after).toEqual(before);
    expect(skipped[0]!.reason).toContain('Trilu is an operator that pruning does not know');
  });
});
