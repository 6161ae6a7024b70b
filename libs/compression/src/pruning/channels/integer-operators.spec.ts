import { PruneOptions } from '#contracts';
import { DataType, Graph, cloneModel, makeTensor, tensorDims } from '#onnx';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { readIntegerWeight } from '../importance/integer-weight.js';
import { findDependencies } from './groups.js';
import { NetBuilder, generate, outputs, type Net } from './nets.fixture.js';
import { pruneChannels } from './prune-channels.js';
import { silence } from './silence.fixture.js';

const integers = (b: NetBuilder, dims: number[]) => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const drawn = Int8Array.from({ length: count }, () => Math.round(b.random01() * 100 - 50));
  return b.initializer(makeTensor(b.fresh('w'), DataType.INT8, dims, drawn));
};
const scale = (b: NetBuilder, value: number) => b.float([value], []);
const byte = (b: NetBuilder, type: DataType.INT8 | DataType.UINT8, value = 0) =>
  b.initializer(
    makeTensor(b.fresh('z'), type, [], type === DataType.INT8 ? Int8Array.of(value) : Uint8Array.of(value)),
  );
/** Scale and zero point of activations. */
const grid = (b: NetBuilder) => [scale(b, 0.05), byte(b, DataType.UINT8, 128)];
const weightGrid = (b: NetBuilder) => [scale(b, 0.01), byte(b, DataType.INT8)];

const qConv = (b: NetBuilder, x: string, from: number, to: number) =>
  b.op('QLinearConv', [x, ...grid(b), integers(b, [to, from, 3, 3]), ...weightGrid(b), ...grid(b)], {
    pads: [1, 1, 1, 1],
  });
const inMicrosoft = { domain: 'com.microsoft' };

/** Convolutions, an addition, a concatenation, a sigmoid gate, a pooling and a last layer, all of integers. */
const ofIntegers: Net = (b, x) => {
  const [c, d] = [b.width(), b.width()];
  const stem = qConv(b, b.op('QuantizeLinear', [x, ...grid(b)]), 3, c);
  const branch = qConv(b, qConv(b, stem, c, d), d, c);
  const sum = b.op('QLinearAdd', [stem, ...grid(b), branch, ...grid(b), ...grid(b)], {}, inMicrosoft);
  const gate = b.op('QLinearSigmoid', [sum, ...grid(b), ...grid(b)], {}, inMicrosoft);
  const gated = b.op('QLinearMul', [sum, ...grid(b), gate, ...grid(b), ...grid(b)], {}, inMicrosoft);
  const both = b.op('QLinearConcat', [...grid(b), gated, ...grid(b), stem, ...grid(b)], { axis: 1 }, inMicrosoft);
  const pooled = b.op('QLinearGlobalAveragePool', [both, ...grid(b), ...grid(b)], {}, inMicrosoft);
  const last = [integers(b, [5, 2 * c]), ...weightGrid(b), '', ...grid(b)];
  const y = b.op('QGemm', [b.op('Flatten', [pooled]), ...grid(b), ...last], { transB: 1 }, inMicrosoft);
  return b.op('DequantizeLinear', [y, ...grid(b)]);
};

/** The same idea as dynamic quantization writes it: integers in, sums out, scaled behind. */
const dynamic: Net = (b, x) => {
  const c = b.width();
  const product = (op: string, value: string, weight: string, attributes = {}) => {
    const [q = '', s = '', z = ''] = b.ops('DynamicQuantizeLinear', 3, [value]);
    const sums = b.op(op, [q, weight, z, byte(b, DataType.INT8)], attributes);
    return b.op('Mul', [b.op('Cast', [sums], { to: DataType.FLOAT }), b.op('Mul', [s, scale(b, 0.01)])]);
  };
  const hidden = b.relu(product('ConvInteger', x, integers(b, [c, 3, 3, 3]), { pads: [1, 1, 1, 1] }));
  return product('MatMulInteger', b.pool(hidden), integers(b, [c, 5]));
};

describe('channel removal from operators of integers', () => {
  it.each([
    ['QLinearConv and its relatives', ofIntegers],
    ['ConvInteger and MatMulInteger', dynamic],
  ])('%s: leaves the output unchanged where the removed weights are zero', async (_, net) => {
    const model = generate(net, 3);
    const graph = new Graph(model);
    const { shapes } = await observeGraph(model);
    silence(graph, findDependencies(graph, shapes));
    const expected = await outputs(cloneModel(model));
    const options = PruneOptions.parse({ ratio: 0.5, multipleOf: 1 });
    const { groups, skipped } = await pruneChannels(graph, options, { data: null, seed: 0, threads: 1 });
    expect(groups.map(({ kept, channels }) => kept / channels)).toEqual(groups.map(() => 0.5));
    expect(skipped.map(({ reason }) => reason)).toEqual(['graph output "y" keeps its shape']);
    expect(new Set(expected).size).toBeGreaterThan(1);
    (await outputs(model)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });

  it('weighs integers less their zero points, times the scales of their channels', () => {
    const b = new NetBuilder(() => 0);
    const stored = makeTensor('w', DataType.UINT8, [2, 1, 1, 2], Uint8Array.of(130, 126, 3, 1));
    const zeroPoints = makeTensor('z', DataType.UINT8, [2], Uint8Array.of(128, 1));
    const weight = [b.initializer(stored), b.float([0.5, 2], [2]), b.initializer(zeroPoints)];
    const x = b.input('x', [1, 1, 4, 4], DataType.UINT8);
    b.output(b.op('QLinearConv', [x, ...grid(b), ...weight, ...grid(b)]), [1, 2, 4, 3], DataType.UINT8);
    const read = readIntegerWeight(new Graph(b.build()), 'w');
    expect(read?.dims).toEqual(tensorDims(stored));
    expect([...read!.values]).toEqual([1, -1, 4, 0]);
  });
});
