import { QuantizeOptions } from '#contracts';
import { float32, Session, type HostTensors } from '#inference';
import {
  cloneModel,
  floatTensor,
  Graph,
  GraphBuilder,
  tensorData,
  tensorToFloats,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { quantizeModel } from '../schemes/quantize-model.js';

const random = randomNumbers(5);
const uniform = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** Components that depend on each other, as activations do: rounding to nearest cannot make use of that. */
function correlated(dims: readonly number[]): HostTensors {
  const [samples, ...rest] = dims as [number, ...number[]];
  const length = rest.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(samples * length);
  for (let sample = 0; sample < samples; sample++) {
    const [a, b, c] = [random(), random(), random()];
    for (let i = 0; i < length; i++)
      data[sample * length + i] = a * Math.sin(i / 3) + b * Math.cos(i / 5) + c + 0.05 * random();
  }
  return { x: float32(dims, data) };
}

/** Vectors of 160 components make two blocks of MatMulNBits. */
const WIDTH = 160;
const [IMAGES, VECTORS, SEQUENCES] = [
  [8, 8, 6, 6],
  [32, WIDTH],
  [4, 8, WIDTH],
];

/** One layer of each kind, its output the graph's. */
const LAYERS: Record<string, { sample: readonly number[]; build(b: GraphBuilder): string }> = {
  Conv: {
    sample: IMAGES,
    build: (b) =>
      b.op(
        'Conv',
        ['x', b.float(uniform(12 * 72), [12, 8, 3, 3]), b.float(uniform(12))],
        { pads: [1, 1, 1, 1] },
        { outputs: ['y'] },
      ),
  },
  'grouped Conv': {
    sample: IMAGES,
    build: (b) =>
      b.op('Conv', ['x', b.float(uniform(12 * 36), [12, 4, 3, 3])], { group: 2, strides: [2, 2] }, { outputs: ['y'] }),
  },
  'depthwise Conv': {
    sample: IMAGES,
    build: (b) =>
      b.op(
        'Conv',
        ['x', b.float(uniform(8 * 9), [8, 1, 3, 3])],
        { group: 8, auto_pad: 'SAME_UPPER' },
        { outputs: ['y'] },
      ),
  },
  'Conv ahead of Relu': {
    sample: IMAGES,
    build: (b) =>
      b.op(
        'Relu',
        [b.op('Conv', ['x', b.float(uniform(12 * 72), [12, 8, 3, 3]), b.float(uniform(12))])],
        {},
        { outputs: ['y'] },
      ),
  },
  Gemm: {
    sample: VECTORS,
    build: (b) =>
      b.op(
        'Gemm',
        ['x', b.float(uniform(WIDTH * 10), [10, WIDTH]), b.float(uniform(10))],
        { transB: 1 },
        { outputs: ['y'] },
      ),
  },
  MatMul: {
    sample: SEQUENCES,
    build: (b) => b.op('MatMul', ['x', b.float(uniform(WIDTH * 10), [WIDTH, 10])], {}, { outputs: ['y'] }),
  },
};

function layerNet(kind: string): { model: ModelProto; batches: () => HostTensors[] } {
  const { sample, build } = LAYERS[kind]!;
  const b = new GraphBuilder();
  b.input('x', ['n', ...sample.slice(1)]);
  build(b);
  b.output('y');
  const data = Array.from({ length: 4 }, () => correlated(sample));
  return { model: b.build(), batches: () => data };
}

async function outputs(model: ModelProto, batches: readonly HostTensors[]): Promise<Float32Array[]> {
  const session = await Session.create(writeModel(model));
  const results: Float32Array[] = [];
  for (const batch of batches) results.push(Float32Array.from((await session.run(batch))['y']!.data as Float32Array));
  await session.release();
  return results;
}

async function quantized(
  { model, batches }: ReturnType<typeof layerNet>,
  given: Partial<QuantizeOptions>,
): Promise<ModelProto> {
  const copy = cloneModel(model);
  await quantizeModel(
    copy,
    QuantizeOptions.parse({ iterations: 200, biasCorrection: false, ...given }),
    () => batches,
    { threads: 1, seed: 1 },
  );
  return copy;
}

async function outputError(net: ReturnType<typeof layerNet>, given: Partial<QuantizeOptions>): Promise<number> {
  const [exact, changed] = [
    await outputs(net.model, net.batches()),
    await outputs(await quantized(net, given), net.batches()),
  ];
  return exact.reduce(
    (sum, values, i) => sum + values.reduce((part, value, j) => part + (value - changed[i]![j]!) ** 2, 0),
    0,
  );
}

describe('rounding: gptq', () => {
  it.each(Object.keys(LAYERS))('keeps the output of a %s closer than rounding to nearest does', async (kind) => {
    const net = layerNet(kind);
    expect(await outputError(net, { weightBits: 3, rounding: 'gptq' })).toBeLessThan(
      0.8 * (await outputError(net, { weightBits: 3 })),
    );
  });
});

describe('rounding: seqmse', () => {
  it.each(Object.keys(LAYERS))('keeps the output of a %s closer than scales of its weights alone do', async (kind) => {
    const net = layerNet(kind);
    // 0.16 to 0.65 of the error is left.
    expect(await outputError(net, { weightBits: 3, rounding: 'seqmse' })).toBeLessThan(
      0.85 * (await outputError(net, { weightBits: 3 })),
    );
  });
});

describe('scheme weightOnly', () => {
  const given = [
    { rounding: 'gptq', weightBits: 2 },
    { rounding: 'adaround', weightBits: 4 },
    { rounding: 'gptq', weightBits: 4, target: 'onnxruntime' },
    { rounding: 'seqmse', weightBits: 2, target: 'onnxruntime' },
    { rounding: 'adaround', weightBits: 2, target: 'onnxruntime' },
  ] as const;

  for (const kind of ['Gemm', 'MatMul', 'grouped Conv']) {
    it.each(given)(`keeps the output of a ${kind} closer with %j than by rounding to nearest`, async (options) => {
      const net = layerNet(kind);
      expect(await outputError(net, { ...options, scheme: 'weightOnly' })).toBeLessThan(
        0.8 * (await outputError(net, { ...options, scheme: 'weightOnly', rounding: 'nearest' })),
      );
    });
  }

  it('needs data for gptq and adaround, and only for them', async () => {
    const { model } = layerNet('Gemm');
    const quantize = (rounding: QuantizeOptions['rounding']) =>
      quantizeModel(cloneModel(model), QuantizeOptions.parse({ scheme: 'weightOnly', rounding }), null, {
        threads: 1,
        seed: 1,
      });
    await expect(quantize('gptq')).rejects.toMatchObject({ code: 'calibration_data' });
    expect((await quantize('nearest')).layers).toHaveLength(1);
  });
});

describe('rounding: adaround', () => {
  for (const kind of Object.keys(LAYERS)) {
    it.each([4, 3, 2] as const)(
      `keeps the output of a ${kind} closer than rounding to nearest does, at %p bits`,
      async (weightBits) => {
        const net = layerNet(kind);
        expect(await outputError(net, { weightBits, rounding: 'adaround' })).toBeLessThan(
          0.8 * (await outputError(net, { weightBits })),
        );
      },
    );
  }

  it('moves each weight to one of its two neighbouring levels, zeros not at all, and gives the same bytes again', async () => {
    const net = layerNet('Gemm');
    const weight = net.model.graph!.initializer[0]!;
    const values = tensorToFloats(weight).map((value, i) => (i % 3 ? value : 0));
    net.model.graph!.initializer[0] = floatTensor(weight.name, [10, WIDTH], values);
    const stored = async () => {
      const graph = new Graph(await quantized(net, { weightBits: 4, rounding: 'adaround' }));
      const integers = `${weight.name}_quantized`;
      const widened = graph.consumers(integers)[0]!.node.output[0]!;
      const [, scales] = graph.consumers(widened)[0]!.node.input;
      return {
        integers: tensorData(graph.initializer(integers)!) as Int8Array,
        scales: tensorToFloats(graph.initializer(scales!)!),
      };
    };
    const { integers, scales } = await stored();
    integers.forEach((integer, i) => {
      if (i % 3 === 0) expect(integer).toBe(0);
      else
        expect(
          Math.abs(integer - Math.min(7, Math.max(-7, values[i]! / scales[Math.floor(i / WIDTH)]!))),
        ).toBeLessThanOrEqual(1);
    });
    expect((await stored()).integers).toEqual(integers);
  });

  it('says which layers it could only round to nearest', async () => {
    const b = new GraphBuilder();
    b.op('Gemm', [b.input('x', [48, 'n']), b.float(uniform(480), [48, 10])], { transA: 1 }, { outputs: ['y'] });
    b.output('y');
    const model = b.build();
    const { skipped, layers } = await quantizeModel(
      model,
      QuantizeOptions.parse({ rounding: 'adaround' }),
      () => () => [correlated([48, 8])],
      { threads: 1, seed: 1 },
    );
    expect(layers).toHaveLength(1);
    expect(skipped).toEqual([
      { node: 'y', opType: 'Gemm', reason: expect.stringContaining('its activation is transposed') },
    ]);
  });
});
