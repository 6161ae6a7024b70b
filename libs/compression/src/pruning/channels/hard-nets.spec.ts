import { PruneOptions } from '#contracts';
import { DataType, Graph, GraphBuilder, cloneModel, int64Tensor, intAttribute, makeNode, makeTensor } from '#onnx';
import { liftConstants } from '../../rewrites/constants.js';
import { foldSizes } from '../../rewrites/fold-sizes.js';
import { findDependencies } from './groups.js';
import { NetBuilder, generate, outputs, type Net } from './nets.fixture.js';
import { undoIdentityGathers } from '../../rewrites/identity-gathers.js';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const WIDTH = 12;

/** [n, e, 6, 6] as tokens [n, 36, e]. */
const tokensOf = (b: NetBuilder, x: string, e: number) =>
  b.op('Transpose', [b.op('Reshape', [b.conv(x, 3, e), b.ints([0, e, 36])])], { perm: [0, 2, 1] });
const meanOfTokens = (b: NetBuilder, x: string, e: number) =>
  b.linear(b.op('ReduceMean', [x, b.ints([1])], { keepdims: 0 }), e, 5);
const fan = (b: NetBuilder, x: string, from: number) => b.linear(b.pool(b.relu(b.conv(x, from, 4))), 4, 5);
const attend = (b: NetBuilder, q: string, k: string, v: string) =>
  b.op('MatMul', [
    b.op('Softmax', [b.op('MatMul', [q, b.op('Transpose', [k], { perm: [0, 1, 3, 2] })])], { axis: -1 }),
    v,
  ]);
const heads = (b: NetBuilder, x: string, count: number, width: number) =>
  b.op('Transpose', [b.op('Reshape', [x, b.ints([0, 0, count, width])])], { perm: [0, 2, 1, 3] });
const merged = (b: NetBuilder, x: string, e: number) =>
  b.op('Reshape', [b.op('Transpose', [x], { perm: [0, 2, 1, 3] }), b.ints([0, 0, e])]);

const NETS: Record<string, Net> = {
  'a Split into uneven parts': (b, x) => {
    const [a, c] = b.ops('Split', 2, [b.relu(b.conv(x, 3, 9)), b.ints([2, 7])], { axis: 1 });
    return b.op('Add', [fan(b, a!, 2), fan(b, c!, 7)]);
  },
  'a Split by count with a remainder': (b, x) => {
    const [a, c] = b.ops('Split', 2, [b.relu(b.conv(x, 3, 9))], { axis: -3, num_outputs: 2 });
    return b.op('Add', [fan(b, a!, 5), fan(b, c!, 4)]);
  },
  'a Slice by negative bounds': (b, x) =>
    fan(b, b.op('Slice', [b.relu(b.conv(x, 3, 9)), b.ints([-7]), b.ints([-2]), b.ints([-3])]), 5),
  'a Slice with a step': (b, x) =>
    fan(b, b.op('Slice', [b.relu(b.conv(x, 3, 10)), b.ints([0]), b.ints([10]), b.ints([1]), b.ints([2])]), 5),
  'a Slice backwards': (b, x) =>
    fan(b, b.op('Slice', [b.relu(b.conv(x, 3, 8)), b.ints([-1]), b.ints([-100]), b.ints([1]), b.ints([-1])]), 8),
  'attention with fused projections, taken apart by Gather': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const qkv = b.op(
      'Transpose',
      [b.op('Reshape', [b.op('MatMul', [t, b.weights([WIDTH, 3 * WIDTH])]), b.ints([0, 0, 3, 4, 3])])],
      { perm: [2, 0, 3, 1, 4] },
    );
    const [q, k, v] = [0, 1, 2].map((i) => b.op('Gather', [qkv, b.ints(i)], { axis: 0 })) as [string, string, string];
    return meanOfTokens(
      b,
      b.op('Add', [t, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, WIDTH])])]),
      WIDTH,
    );
  },
  'attention with fused projections, taken apart by Split': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const [q, k, v] = b
      .ops(
        'Split',
        3,
        [
          b.op('Add', [b.op('MatMul', [t, b.weights([WIDTH, 3 * WIDTH])]), b.weights([3 * WIDTH])]),
          b.ints([WIDTH, WIDTH, WIDTH]),
        ],
        { axis: -1 },
      )
      .map((part) => heads(b, part, 4, 3)) as [string, string, string];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, WIDTH])]), WIDTH);
  },
  'attention with fused projections, taken apart ahead of the heads': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const three = b.op('Reshape', [b.op('MatMul', [t, b.weights([WIDTH, 3 * WIDTH])]), b.ints([0, 0, 3, WIDTH])]);
    const first = b.op('Transpose', [b.op('Unsqueeze', [three, b.ints([0])])], { perm: [3, 1, 2, 0, 4] });
    const parts = b.op('Squeeze', [first, b.ints([3])]);
    const [q, k, v] = [0, 1, 2].map((i) => heads(b, b.op('Gather', [parts, b.ints(i)], { axis: 0 }), 4, 3)) as [
      string,
      string,
      string,
    ];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, WIDTH])]), WIDTH);
  },
  'attention with fused projections, query, key and value inside each head': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const all = b.op('Reshape', [b.op('MatMul', [t, b.weights([WIDTH, 3 * WIDTH])]), b.ints([0, 0, 4, 3, 3])]);
    const [q, k, v] = [0, 1, 2].map((i) =>
      b.op('Transpose', [b.op('Gather', [all, b.ints(i)], { axis: 3 })], { perm: [0, 2, 1, 3] }),
    ) as [string, string, string];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, WIDTH])]), WIDTH);
  },
  'an identity that is written as a look-up by computed numbers': (b, x) => {
    const pooled = b.op('ReduceMean', [b.relu(b.conv(x, 3, 8)), b.ints([2, 3])], { keepdims: 1 });
    const rows = b.op('Squeeze', [b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]), b.ints([0])]);
    const firsts = b.op('Mul', [b.op('Range', [b.ints(0), rows, b.ints(1)]), b.ints(8)]);
    const columns = b.initializer(
      makeTensor(b.fresh('c'), DataType.INT64, [1, 8, 1, 1], BigInt64Array.from([0, 1, 2, 3, 4, 5, 6, 7].map(BigInt))),
    );
    const places = b.op('Add', [b.op('Unsqueeze', [firsts, b.ints([1, 2, 3])]), columns]);
    const same = b.op('Gather', [b.op('Reshape', [pooled, b.ints([-1])]), places], { axis: 0 });
    return b.linear(b.op('Reshape', [same, b.ints([-1, 8])]), 8, 5);
  },
  'a look-up that turns channels around': (b, x) => {
    const pooled = b.op('ReduceMean', [b.relu(b.conv(x, 3, 8)), b.ints([2, 3])], { keepdims: 1 });
    const rows = b.op('Squeeze', [b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]), b.ints([0])]);
    const firsts = b.op('Mul', [b.op('Range', [b.ints(0), rows, b.ints(1)]), b.ints(8)]);
    const columns = b.initializer(
      makeTensor(b.fresh('c'), DataType.INT64, [1, 8, 1, 1], BigInt64Array.from([1, 0, 3, 2, 5, 4, 7, 6].map(BigInt))),
    );
    const places = b.op('Add', [b.op('Unsqueeze', [firsts, b.ints([1, 2, 3])]), columns]);
    const turned = b.op('Gather', [b.op('Reshape', [pooled, b.ints([-1])]), places], { axis: 0 });
    return b.linear(b.op('Reshape', [turned, b.ints([-1, 8])]), 8, 5);
  },
  'multi-query attention': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const q = heads(b, b.op('MatMul', [t, b.weights([WIDTH, WIDTH])]), 4, 3);
    const [k, v] = [0, 1].map(() => b.op('Unsqueeze', [b.op('MatMul', [t, b.weights([WIDTH, 3])]), b.ints([1])])) as [
      string,
      string,
    ];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, 8])]), 8);
  },
  'grouped-query attention': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const q = heads(b, b.op('MatMul', [t, b.weights([WIDTH, WIDTH])]), 4, 3);
    const [k, v] = [0, 1].map(() => {
      const two = b.op('Unsqueeze', [heads(b, b.op('MatMul', [t, b.weights([WIDTH, 6])]), 2, 3), b.ints([2])]);
      return b.op('Reshape', [b.op('Expand', [two, b.ints([1, 2, 2, 36, 3])]), b.ints([0, 4, 36, 3])]);
    }) as [string, string];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, 8])]), 8);
  },
  'a Concat before a grouped convolution': (b, x) => {
    const both = b.op('Concat', [b.relu(b.conv(x, 3, 6)), b.relu(b.conv(x, 3, 10))], { axis: 1 });
    return fan(b, b.relu(b.conv(both, 16, 8, { group: 2 })), 8);
  },
  'a Concat before a depthwise convolution': (b, x) => {
    const both = b.op('Concat', [b.relu(b.conv(x, 3, 3)), b.relu(b.conv(x, 3, 5))], { axis: 1 });
    return fan(b, b.relu(b.conv(both, 8, 16, { group: 8 })), 16);
  },
  'a value concatenated with itself': (b, x) => {
    const a = b.relu(b.conv(x, 3, 6));
    return fan(b, b.op('Concat', [a, a], { axis: 1 }), 12);
  },
  'a ShuffleNet unit': (b, x) => {
    const [a, c] = b.ops('Split', 2, [b.relu(b.conv(x, 3, 8)), b.ints([4, 4])], { axis: 1 });
    const branch = b.relu(b.conv(b.conv(c!, 4, 4, { group: 4 }), 4, 4, { kernel: 1 }));
    const both = b.op('Concat', [a!, branch], { axis: 1 });
    const shuffled = b.op('Reshape', [
      b.op('Transpose', [b.op('Reshape', [both, b.ints([0, 2, 4, 6, 6])])], { perm: [0, 2, 1, 3, 4] }),
      b.ints([0, -1, 6, 6]),
    ]);
    const [d, e] = b.ops('Split', 2, [shuffled, b.ints([4, 4])], { axis: 1 });
    return b.op('Add', [fan(b, d!, 4), fan(b, e!, 4)]);
  },
  'a grouped ConvTranspose': (b, x) =>
    fan(
      b,
      b.op('ConvTranspose', [b.relu(b.conv(x, 3, 8)), b.weights([8, 3, 2, 2]), b.weights([6])], {
        group: 2,
        strides: [2, 2],
      }),
      6,
    ),
  'a depthwise ConvTranspose': (b, x) =>
    fan(
      b,
      b.op('ConvTranspose', [b.relu(b.conv(x, 3, 8)), b.weights([8, 1, 2, 2]), b.weights([8])], {
        group: 8,
        strides: [2, 2],
      }),
      8,
    ),
  'a depthwise ConvTranspose with a multiplier': (b, x) =>
    fan(
      b,
      b.op('ConvTranspose', [b.relu(b.conv(x, 3, 4)), b.weights([4, 2, 2, 2]), b.weights([8])], {
        group: 4,
        strides: [2, 2],
      }),
      8,
    ),
  'squeeze-excite by Gemm': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const gate = b.op('Sigmoid', [b.linear(b.relu(b.linear(b.pool(trunk), 8, 4)), 4, 8)]);
    return fan(b, b.op('Mul', [trunk, b.op('Reshape', [gate, b.ints([-1, 8, 1, 1])])]), 8);
  },
  'squeeze-excite by computed shapes': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const gate = b.op('Sigmoid', [b.linear(b.relu(b.linear(b.pool(trunk), 8, 4)), 4, 8)]);
    const sizes = b.op('Slice', [b.op('Shape', [trunk]), b.ints([0]), b.ints([2])]);
    const to = b.op('Concat', [sizes, b.ints([1, 1])], { axis: 0 });
    return fan(b, b.op('Mul', [trunk, b.op('Expand', [b.op('Reshape', [gate, to]), b.op('Shape', [trunk])])]), 8);
  },
  'a gate of one channel': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    return fan(b, b.op('Mul', [trunk, b.op('Sigmoid', [b.conv(trunk, 8, 1)])]), 8);
  },
  'a gate by the greatest channel': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const gate = b.op('Sigmoid', [b.conv(b.op('ReduceMax', [trunk, b.ints([1])]), 1, 1)]);
    return fan(b, b.op('Mul', [trunk, gate]), 8);
  },
  'a Resize to computed sizes': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const sizes = b.op(
      'Concat',
      [b.op('Slice', [b.op('Shape', [trunk]), b.ints([0]), b.ints([2])]), b.ints([12, 12])],
      { axis: 0 },
    );
    return fan(b, b.op('Resize', [trunk, '', '', sizes]), 8);
  },
  'a Resize to sizes that are partly constants': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const sizes = b.op(
      'Concat',
      [b.op('Slice', [b.op('Shape', [trunk]), b.ints([0]), b.ints([1])]), b.ints([8, 12, 12])],
      { axis: 0 },
    );
    return fan(b, b.op('Resize', [trunk, '', '', sizes]), 8);
  },
  'a Resize of two axes': (b, x) =>
    fan(b, b.op('Resize', [b.relu(b.conv(x, 3, 8)), '', '', b.ints([12, 12])], { axes: [2, 3] }), 8),
  'a Resize of channels': (b, x) =>
    fan(b, b.op('Resize', [b.relu(b.conv(x, 3, 4)), '', b.float([1, 2, 1, 1], [4])]), 8),
  'a Resize of axes with channels among them': (b, x) =>
    fan(b, b.op('Resize', [b.relu(b.conv(x, 3, 8)), '', '', b.ints([8, 12])], { axes: [1, 2] }), 8),
  'padded channels': (b, x) => fan(b, b.op('Pad', [b.relu(b.conv(x, 3, 6)), b.ints([0, 1, 0, 0, 0, 1, 0, 0])]), 8),
  'a Pad of two axes': (b, x) =>
    fan(b, b.op('Pad', [b.relu(b.conv(x, 3, 6)), b.ints([1, 1, 1, 1]), '', b.ints([2, 3])]), 6),
  'cropped channels': (b, x) => fan(b, b.op('Pad', [b.relu(b.conv(x, 3, 6)), b.ints([0, -1, 0, 0, 0, 1, 0, 0])]), 6),
  'a group norm that is spelled out': (b, x) => {
    const flat = b.op('Reshape', [b.conv(x, 3, 8), b.ints([0, 2, -1])]);
    const normed = b.op('Reshape', [
      b.op('InstanceNormalization', [flat, b.float([1, 1], [2]), b.float([0, 0], [2])]),
      b.ints([0, 8, 6, 6]),
    ]);
    return fan(b, b.op('Add', [b.op('Mul', [normed, b.weights([8, 1, 1])]), b.weights([8, 1, 1])]), 8);
  },
  'an instance norm': (b, x) =>
    fan(b, b.op('InstanceNormalization', [b.conv(x, 3, 8), b.weights([8]), b.weights([8])]), 8),
  'PRelu slopes per channel and in common': (b, x) =>
    fan(b, b.op('PRelu', [b.conv(b.op('PRelu', [b.conv(x, 3, 8), b.weights([8, 1, 1])]), 8, 6), b.weights([1])]), 6),
  'a Gather with repeated and negative indices': (b, x) =>
    fan(b, b.op('Gather', [b.relu(b.conv(x, 3, 6)), b.ints([0, -1, 0, 3])], { axis: 1 }), 4),
  'a Gather of one channel': (b, x) =>
    fan(b, b.op('Unsqueeze', [b.op('Gather', [b.relu(b.conv(x, 3, 6)), b.ints(2)], { axis: 1 }), b.ints([1])]), 1),
  'a Gather by 32-bit indices': (b, x) => {
    const index = b.initializer(makeTensor(b.fresh('i'), DataType.INT32, [4], Int32Array.of(5, 3, 1, 0)));
    return fan(b, b.op('Gather', [b.relu(b.conv(x, 3, 6)), index], { axis: 1 }), 4);
  },
  'a Gather by a matrix of indices': (b, x) => {
    const index = b.initializer(makeTensor(b.fresh('i'), DataType.INT64, [2, 2], BigInt64Array.of(5n, 3n, 1n, 0n)));
    return fan(
      b,
      b.op('Reshape', [b.op('Gather', [b.relu(b.conv(x, 3, 6)), index], { axis: 1 }), b.ints([0, 4, 6, 6])]),
      4,
    );
  },
  'activations on a per-channel grid': (b, x) => {
    const grid = [
      b.float([0.01, 0.02, 0.01, 0.02, 0.03, 0.04], [6]),
      b.initializer(makeTensor(b.fresh('z'), DataType.UINT8, [6], new Uint8Array(6))),
    ];
    return fan(
      b,
      b.op('DequantizeLinear', [b.op('QuantizeLinear', [b.relu(b.conv(x, 3, 6)), ...grid], { axis: -3 }), ...grid], {
        axis: 1,
      }),
      6,
    );
  },
  'a weight that two layers share in a row': (b, x) => {
    const [w, bias] = [b.weights([8, 8, 3, 3]), b.weights([8])];
    let y = b.relu(b.conv(x, 3, 8));
    for (let i = 0; i < 2; i++) y = b.relu(b.op('Conv', [y, w, bias], { pads: [1, 1, 1, 1] }));
    return fan(b, y, 8);
  },
  'a weight that two towers share': (b, x) => {
    const [w, bias] = [b.weights([8, 3, 3, 3]), b.weights([8])];
    const [l, r] = [x, b.op('Neg', [x])].map((side) => b.pool(b.relu(b.op('Conv', [side, w, bias])))) as [
      string,
      string,
    ];
    return b.op('Add', [b.linear(l, 8, 5), b.linear(b.op('Concat', [l, r], { axis: 1 }), 16, 5)]);
  },
  'a bias that two layers share': (b, x) => {
    const bias = b.weights([8]);
    return b.op(
      'Add',
      [0, 1].map(() => fan(b, b.relu(b.op('Conv', [x, b.weights([8, 3, 3, 3]), bias])), 8)),
    );
  },
  'a matrix and its transpose': (b, x) => {
    const w = b.weights([8, 6]);
    const hidden = b.op('MatMul', [b.linear(b.pool(b.conv(x, 3, 8)), 8, 8), w]);
    return b.linear(b.relu(b.op('MatMul', [b.relu(hidden), b.op('Transpose', [w], { perm: [1, 0] })])), 8, 5);
  },
  'an If that reads the channels in its body': (b, x) => {
    const trunk = b.relu(b.conv(x, 3, 8));
    const branch = (op: string) => {
      const inner = new GraphBuilder(b.fresh(op));
      inner.output(inner.op(op, [trunk]), undefined);
      return inner.build().graph!;
    };
    const y = b.fresh('if');
    b.append(
      makeNode('If', [b.initializer(makeTensor(b.fresh('c'), DataType.BOOL, [], Uint8Array.of(1)))], [y], {
        then_branch: branch('Relu'),
        else_branch: branch('Neg'),
      }),
    );
    return fan(b, y, 8);
  },
  'weights in Constant nodes': (b, x) => {
    const w = b.op('Constant', [], {
      value: makeTensor(
        't',
        DataType.FLOAT,
        [8, 3, 3, 3],
        Float32Array.from({ length: 216 }, () => b.random01() - 0.5),
      ),
    });
    return fan(b, b.relu(b.op('Conv', [x, w, b.weights([8])])), 8);
  },
  'a weight behind Transpose': (b, x) =>
    b.linear(
      b.relu(b.op('MatMul', [b.pool(b.conv(x, 3, 8)), b.op('Transpose', [b.weights([6, 8])], { perm: [1, 0] })])),
      6,
      5,
    ),
  'a weight behind Reshape': (b, x) =>
    fan(b, b.relu(b.op('Conv', [x, b.op('Reshape', [b.weights([8, 27]), b.ints([8, 3, 3, 3])]), b.weights([8])])), 8),
  'a weight to the left of MatMul': (b, x) => {
    const t = b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])]);
    return b.linear(
      b.op('ReduceMean', [b.relu(b.op('MatMul', [b.weights([6, 8]), t])), b.ints([2])], { keepdims: 0 }),
      6,
      5,
    );
  },
  'a Flatten that leaves channels in front': (b, x) => {
    const t = b.op('Flatten', [b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])])], { axis: 2 });
    return b.linear(
      b.op(
        'ReduceMean',
        [b.op('Reshape', [b.op('MatMul', [t, b.weights([36, 4])]), b.ints([-1, 8, 4])]), b.ints([2])],
        { keepdims: 0 },
      ),
      8,
      5,
    );
  },
  'channels merged with the batch': (b, x) => {
    const t = b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([-1, 1, 6, 6])]);
    return b.linear(b.op('Reshape', [b.pool(b.conv(t, 1, 4)), b.ints([-1, 32])]), 32, 5);
  },
  'tiled channels': (b, x) => fan(b, b.op('Tile', [b.relu(b.conv(x, 3, 4)), b.ints([1, 2, 1, 1])]), 8),
  'an expanded parameter': (b, x) =>
    fan(b, b.op('Mul', [b.conv(x, 3, 8), b.op('Expand', [b.weights([8, 1, 1]), b.ints([1, 8, 6, 6])])]), 8),
  Where: (b, x) => {
    const a = b.conv(x, 3, 8);
    return fan(b, b.op('Where', [b.op('Greater', [a, b.weights([8, 1, 1])]), a, b.op('Mul', [a, b.float(0.1)])]), 8);
  },
  'products of all pairs of channels': (b, x) => {
    const t = b.op('Reshape', [b.conv(x, 3, 8), b.ints([0, 8, 36])]);
    return b.linear(b.op('Flatten', [b.op('MatMul', [t, b.op('Transpose', [t], { perm: [0, 2, 1] })])]), 64, 5);
  },
  'a mean square that is no norm': (b, x) => {
    const [a, c] = [0, 1].map(() => b.linear(b.pool(b.conv(x, 3, 8)), 8, 6)) as [string, string];
    const d = b.op('ReduceMean', [b.op('Pow', [b.op('Sub', [a, c]), b.float(2)]), b.ints([-1])]);
    return b.op('Mul', [d, b.weights([5])]);
  },
  Einsum: (b, x) =>
    b.linear(b.op('Einsum', [b.pool(b.relu(b.conv(x, 3, 8))), b.weights([8, 6])], { equation: 'nc,cd->nd' }), 6, 5),
  SpaceToDepth: (b, x) => fan(b, b.op('SpaceToDepth', [b.relu(b.conv(x, 3, 4))], { blocksize: 2 }), 16),
  'DepthToSpace by depth first': (b, x) =>
    fan(b, b.op('DepthToSpace', [b.relu(b.conv(x, 3, 16))], { blocksize: 2 }), 4),
  'a parameter as long as the image is wide': (b, x) => {
    const t = b.relu(b.conv(x, 3, 6));
    return fan(b, b.op('Add', [t, b.weights([6])]), 6);
  },
  'channels that become the width': (b, x) => {
    const t = b.op('Transpose', [b.relu(b.conv(x, 3, 6))], { perm: [0, 3, 2, 1] });
    return fan(b, b.op('Mul', [t, b.weights([6])]), 6);
  },
  'a grouped convolution of one dimension': (b, x) => {
    const t = b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])]);
    return b.linear(
      b.op('Flatten', [b.op('GlobalMaxPool', [b.op('Conv', [t, b.weights([6, 4, 3]), b.weights([6])], { group: 2 })])]),
      6,
      5,
    );
  },
  'a group norm of single channels': (b, x) =>
    fan(b, b.op('GroupNormalization', [b.conv(x, 3, 8), b.weights([8]), b.weights([8])], { num_groups: 8 }), 8),
  'a Reshape that splits channels and joins them again': (b, x) => {
    const t = b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 4, 2, 6, 6])]);
    return fan(b, b.op('Reshape', [b.op('Mul', [t, b.weights([4, 1, 1, 1])]), b.ints([0, 8, 6, 6])]), 8);
  },
  'a Reshape whose leading factor survives': (b, x) => {
    const t = b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 4, 2, 36])]);
    return b.linear(b.op('Flatten', [b.op('ReduceMax', [t, b.ints([2, 3])], { keepdims: 0 })]), 4, 5);
  },
  LSTM: (b, x) => {
    const t = b.op('Transpose', [b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])])], { perm: [2, 0, 1] });
    const [y] = b.ops('LSTM', 1, [t, b.weights([1, 24, 8]), b.weights([1, 24, 6])], { hidden_size: 6 });
    return b.linear(b.op('Reshape', [b.op('ReduceMean', [y!, b.ints([0])], { keepdims: 0 }), b.ints([-1, 6])]), 6, 5);
  },
  'a pool beside what it pools': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    const p = b.op('MaxPool', [t], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    return b.op('Add', [fan(b, p, 8), fan(b, b.op('Sub', [t, p]), 8)]);
  },
  ScatterElements: (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    return fan(
      b,
      b.op(
        'ScatterElements',
        [
          t,
          b.initializer(makeTensor(b.fresh('i'), DataType.INT64, [1, 1, 1, 1], BigInt64Array.of(3n))),
          b.float([0], [1, 1, 1, 1]),
        ],
        { axis: 1 },
      ),
      8,
    );
  },
  'a tensor filled to the length of the channels': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    return fan(b, b.op('Concat', [t, b.op('ConstantOfShape', [b.op('Shape', [t])])], { axis: 1 }), 16);
  },
  'heads whose width is computed': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const width = b.op('Div', [b.op('Gather', [b.op('Shape', [t]), b.ints([2])]), b.ints([4])]);
    const to = b.op('Concat', [b.ints([0, 0, 4]), width], { axis: 0 });
    const [q, k, v] = [0, 1, 2].map(() =>
      b.op('Transpose', [b.op('Reshape', [b.op('MatMul', [t, b.weights([WIDTH, WIDTH])]), to])], {
        perm: [0, 2, 1, 3],
      }),
    ) as [string, string, string];
    return meanOfTokens(b, b.op('MatMul', [merged(b, attend(b, q, k, v), WIDTH), b.weights([WIDTH, 8])]), 8);
  },
  'a Flatten by a computed product': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    const [c, h] = [1, 2].map((axis) => b.op('Gather', [b.op('Shape', [t]), b.ints([axis])])) as [string, string];
    return b.linear(
      b.op('Reshape', [
        t,
        b.op('Concat', [b.ints([-1]), b.op('Mul', [c, b.op('Mul', [h, b.ints([6])])])], { axis: 0 }),
      ]),
      288,
      5,
    );
  },
  'a state filled to the length of the batch': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    const dims = b.op('Concat', [b.op('Gather', [b.op('Shape', [t]), b.ints([0])]), b.ints([2, 6, 6])], { axis: 0 });
    return fan(b, b.op('Concat', [t, b.op('ConstantOfShape', [dims])], { axis: 1 }), 10);
  },
  'a BatchNormalization in training mode, its new statistics outputs': (b, x) => {
    const [y, mean, variance] = b.ops(
      'BatchNormalization',
      3,
      [b.conv(x, 3, 8), b.weights([8]), b.weights([8]), b.weights([8]), b.float(new Float32Array(8).fill(1))],
      { training_mode: 1 },
    );
    return fan(
      b,
      b.op('Add', [
        y!,
        b.op('Mul', [b.op('Reshape', [b.op('Add', [mean!, variance!]), b.ints([1, 8, 1, 1])]), b.float(0)]),
      ]),
      8,
    );
  },
  'a Dropout whose mask is read': (b, x) => {
    const [y, mask] = b.ops('Dropout', 2, [b.relu(b.conv(x, 3, 8))]);
    return fan(b, b.op('Where', [mask!, y!, b.float(0)]), 8);
  },
  'a MaxPool whose indices are read': (b, x) => {
    const [y, indices] = b.ops('MaxPool', 2, [b.relu(b.conv(x, 3, 8))], { kernel_shape: [2, 2] });
    return fan(b, b.op('Add', [y!, b.op('Mul', [b.op('Cast', [indices!], { to: DataType.FLOAT }), b.float(0)])]), 8);
  },
  'a TopK of places, values and indices read': (b, x) => {
    const [values, indices] = b.ops('TopK', 2, [
      b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])]),
      b.ints([4]),
    ]);
    return b.linear(
      b.op(
        'ReduceMean',
        [
          b.op('Add', [values!, b.op('Mul', [b.op('Cast', [indices!], { to: DataType.FLOAT }), b.float(0)])]),
          b.ints([2]),
        ],
        { keepdims: 0 },
      ),
      8,
      5,
    );
  },
  'a TopK of channels': (b, x) => {
    const [values] = b.ops('TopK', 2, [b.relu(b.conv(x, 3, 8)), b.ints([4])], { axis: 1 });
    return fan(b, values!, 4);
  },
  'a CumSum over a row': (b, x) => fan(b, b.op('CumSum', [b.relu(b.conv(x, 3, 8)), b.ints(3)]), 8),
  'a GridSample': (b, x) =>
    fan(
      b,
      b.op('GridSample', [
        b.relu(b.conv(x, 3, 8)),
        b.op('Tanh', [b.op('Transpose', [b.conv(x, 3, 2)], { perm: [0, 2, 3, 1] })]),
      ]),
      8,
    ),
  'an LSTM whose states are read': (b, x) => {
    const t = b.op('Transpose', [b.op('Reshape', [b.relu(b.conv(x, 3, 8)), b.ints([0, 8, 36])])], { perm: [2, 0, 1] });
    const [, state] = b.ops('LSTM', 3, [t, b.weights([1, 24, 8]), b.weights([1, 24, 6])], { hidden_size: 6 });
    return b.linear(b.op('Reshape', [state!, b.ints([-1, 6])]), 6, 5);
  },
  'an attention merged by the shape of what came in, as (B, T, C) was exported': (b, x) => {
    const t = tokensOf(b, x, WIDTH);
    const [batch, length, width] = [0, 1, 2].map((axis) =>
      b.op('Unsqueeze', [b.op('Gather', [b.op('Shape', [t]), b.ints(axis)]), b.ints([0])]),
    ) as [string, string, string];
    const [q, k, v] = [0, 1, 2].map(() => heads(b, b.op('MatMul', [t, b.weights([WIDTH, WIDTH])]), 4, 3)) as [
      string,
      string,
      string,
    ];
    const joined = b.op('Reshape', [
      b.op('Transpose', [attend(b, q, k, v)], { perm: [0, 2, 1, 3] }),
      b.op('Concat', [batch, length, width], { axis: 0 }),
    ]);
    return meanOfTokens(b, b.op('MatMul', [joined, b.weights([WIDTH, WIDTH])]), WIDTH);
  },
  'halves that the graph computes from its own shape': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    const half = b.op('Div', [
      b.op('Add', [b.op('Gather', [b.op('Shape', [t]), b.ints([1])]), b.ints([1])]),
      b.ints([2]),
    ]);
    const part = (i: number) =>
      b.op('Slice', [t, b.op('Mul', [half, b.ints([i])]), b.op('Mul', [half, b.ints([i + 1])]), b.ints([1])]);
    return b.op('Add', [fan(b, part(0), 4), fan(b, part(1), 4)]);
  },
  'channels divided by their number': (b, x) => {
    const t = b.relu(b.conv(x, 3, 8));
    const count = b.op('Cast', [b.op('Gather', [b.op('Shape', [t]), b.ints(1)])], { to: DataType.FLOAT });
    return fan(b, b.op('Div', [t, b.op('Sqrt', [count])]), 8);
  },
};

/** Where some channels stay, and why; in all other nets every layer but the last gives channels up. */
const STAYS: Record<string, RegExp> = {
  'a Slice with a step': /Slice slices this axis with a step/,
  'a Slice backwards': /Slice slices this axis with a step/,
  'multi-query attention': /Reshape keeps this factor of the axis/,
  'a gate of one channel': /it makes a single channel/,
  'a gate by the greatest channel': /ReduceMax reduces over this axis/,
  'a Resize of channels': /Resize resamples this axis/,
  'padded channels': /Pad pads this axis/,
  'cropped channels': /Pad crops this axis/,
  'a group norm that is spelled out': /Reshape mixes these axes/,
  'a look-up that turns channels around': /Gather looks entries of this axis up/,
  'a Gather of one channel': /Gather picks this entry/,
  'a Gather by a matrix of indices': /Gather looks entries of this axis up/,
  'an If that reads the channels in its body': /If reads it inside its body/,
  'a matrix and its transpose': /its weight is computed inside the graph/,
  'a weight behind Transpose': /its weight is computed inside the graph/,
  'a weight behind Reshape': /its weight is computed inside the graph/,
  'a Flatten that leaves channels in front': /ReduceMean reduces over this axis/,
  'channels merged with the batch': /Reshape keeps this factor of the axis/,
  'tiled channels': /Tile repeats this axis/,
  'products of all pairs of channels': /Flatten keeps this factor of the axis/,
  'a mean square that is no norm': /ReduceMean reduces over this axis/,
  Einsum: /Einsum is an operator that pruning does not know/,
  'channels that become the width': /Conv slides over this axis/,
  'a group norm of single channels': /its 8 channels can only go all at once/,
  'a Reshape whose leading factor survives': /ReduceMax reduces over this axis/,
  'a MaxPool whose indices are read': /the indices of MaxPool count over all channels/,
  'a TopK of channels': /TopK sorts this axis/,
  'a GridSample': /GridSample samples at these places/,
  ScatterElements: /ScatterElements is an operator that pruning does not know/,
  'a tensor filled to the length of the channels': /Shape tells the length of this axis/,
};

describe('channel removal', () => {
  it.each(Object.entries(NETS))(
    'leaves the output unchanged, or the channels with a reason, in a net with %s',
    async (name, net) => {
      const model = generate(net, 7);
      const graph = new Graph(model);
      liftConstants(graph);
      foldSizes(graph);
      const { shapes } = await observeGraph(model);
      const plain = new Graph(cloneModel(model));
      undoIdentityGathers(plain, shapes);
      silence(graph, findDependencies(plain, shapes));
      const expected = await outputs(cloneModel(model));
      const { groups, skipped } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }), {
        data: null,
        seed: 0,
        threads: 1,
      });
      const actual = await outputs(model);
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
      const reasons = skipped.map(({ reason }) => reason).filter((reason) => !reason.includes('graph output'));
      const stays = STAYS[name];
      if (stays) return expect(reasons).toContainEqual(expect.stringMatching(stays));
      expect(reasons).toEqual([]);
      expect(groups.every(({ removed }) => removed > 0)).toBe(true);
    },
  );
});

describe('a weight that two layers share', () => {
  it.each([0, 1])('stays when either of them is excluded (%i)', async (which) => {
    const model = generate(NETS['a weight that two layers share in a row']!, 7);
    const graph = new Graph(model);
    const sharing = graph.nodes.filter(
      ({ opType, input }, _, all) =>
        opType === 'Conv' && all.filter((other) => other.input[1] === input[1]).length === 2,
    );
    sharing[which]!.name = 'kept';
    const { groups } = await pruneChannels(graph, PruneOptions.parse({ multipleOf: 1, exclude: ['kept'] }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(groups.flatMap(({ tensors }) => tensors)).not.toContainEqual(expect.stringContaining(sharing[0]!.input[1]!));
  });
});

describe('a convolution of groups whose channels cannot meet a multiple', () => {
  it('loses whole groups', async () => {
    const net: Net = (b, x) => fan(b, b.relu(b.conv(b.relu(b.conv(x, 3, 40)), 40, 40, { group: 5 })), 40);
    const model = generate(net, 7);
    const graph = new Graph(model);
    const { shapes } = await observeGraph(model);
    silence(graph, findDependencies(graph, shapes, [], 8));
    const expected = await outputs(cloneModel(model));
    const { groups } = await pruneChannels(graph, PruneOptions.parse({ ratio: 0.5, multipleOf: 8 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(groups[0]).toMatchObject({ channels: 40, kept: 24 });
    const grouped = graph.nodes.find(
      ({ opType, attribute }) => opType === 'Conv' && attribute.some(({ name, i }) => name === 'group' && i > 1n),
    );
    expect(grouped && intAttribute(grouped, 'group', 1)).toBe(3);
    (await outputs(model)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
  });
});

describe('a LayerNormalization whose mean and deviation are read', () => {
  it('gives its channels up: both follow', async () => {
    const model = generate((b, x) => {
      const t = tokensOf(b, x, WIDTH);
      const [y, mean, deviation] = b.ops('LayerNormalization', 3, [t, b.weights([WIDTH]), b.weights([WIDTH])]);
      return meanOfTokens(b, b.op('Add', [y!, b.op('Add', [mean!, deviation!])]), WIDTH);
    }, 7);
    const { groups, skipped } = await pruneChannels(
      new Graph(model),
      PruneOptions.parse({ ratio: 0.5, multipleOf: 1 }),
      { data: null, seed: 0, threads: 1 },
    );
    expect(groups.map(({ kept }) => kept)).toEqual([WIDTH / 2]);
    expect(skipped).toEqual([expect.objectContaining({ reason: expect.stringContaining('graph output') })]);
    expect(await outputs(model)).toHaveLength(15);
  });
});

describe('layers that pruning does not know', () => {
  it('are named', async () => {
    const net: Net = (b, x) =>
      b.op('Einsum', [b.pool(b.relu(b.conv(x, 3, 8))), b.weights([5, 8])], { equation: 'nc,kc->nk' });
    const { skipped } = await pruneChannels(new Graph(generate(net, 7)), PruneOptions.parse({}), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(skipped).toContainEqual(
      expect.objectContaining({ opType: 'Einsum', reason: 'its weights stay: there is no rule for Einsum' }),
    );
  });

  it('are not those that only make a constant, as a mask that is written piece by piece', async () => {
    const net: Net = (b, x) => {
      const indices = b.initializer(int64Tensor(b.fresh('i'), [2, 1], [0, 2]));
      const mask = b.op('ScatterND', [b.weights([6, 6]), indices, b.weights([2, 6])]);
      return b.linear(b.pool(b.op('Add', [b.relu(b.conv(x, 3, 8)), mask])), 8, 5);
    };
    const { skipped } = await pruneChannels(new Graph(generate(net, 7)), PruneOptions.parse({ multipleOf: 4 }), {
      data: null,
      seed: 0,
      threads: 1,
    });
    expect(skipped.map(({ reason }) => reason)).toEqual(['graph output "y" keeps its shape']);
  });
});

describe('groups that stay whole', () => {
  const reasonsOf = async (net: Net, options: Partial<PruneOptions>) => {
    const { groups, skipped } = await pruneChannels(new Graph(generate(net, 7)), PruneOptions.parse(options), {
      data: null,
      seed: 0,
      threads: 1,
    });
    return {
      groups,
      reasons: skipped.map(({ reason }) => reason).filter((reason) => !reason.includes('graph output')),
    };
  };

  it('are told with their channels, not the pieces in which these go, and with what kept them', async () => {
    const chain: Net = (b, x) => fan(b, b.relu(b.conv(x, 3, 6)), 6);
    const eight = (await reasonsOf(chain, { ratio: 0.1 })).reasons;
    expect(eight).toEqual([
      'its 6 channels stay: 0.1 of them is less than one',
      'its 4 channels stay: 0.1 of them is less than one',
    ]);
    expect((await reasonsOf(chain, { ratio: 0.5, multipleOf: 8 })).reasons[0]).toBe(
      'its 6 channels stay: fewer would not be a multiple of 8, or too few would go',
    );
    expect((await reasonsOf(chain, { ratio: 0.5, layerLimits: { '*': 0 } })).reasons[0]).toBe(
      'its 6 channels stay: its limit lets less than one go',
    );
    const attention = NETS['attention with fused projections, taken apart by Split']!;
    const { groups, reasons } = await reasonsOf(attention, { ratio: 0.2, multipleOf: 1 });
    expect(reasons.some((reason) => reason.startsWith('its 36 channels, which go 9 at a time, stay'))).toBe(true);
    expect(groups.every(({ channels, kept, removed }) => channels === kept + removed)).toBe(true);
  });
});
